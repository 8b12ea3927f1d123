-- Limits the time that the renaming of databases waits for a lock, for this transaction.
select set_config('lock_timeout', '5s', true)
