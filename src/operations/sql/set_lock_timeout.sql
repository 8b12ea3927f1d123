-- Limits the time that this transaction waits for each lock to $1.
select set_config('lock_timeout', $1, true)
