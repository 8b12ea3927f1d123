-- Takes the advisory lock for the setup of database $1 for this transaction, unless another transaction holds it, and lets
-- the transaction be idle. The seed of the lock's number is "db-setup" in ASCII.
select
    pg_try_advisory_xact_lock(hashtextextended($1, 7233393925157057904)) as locked,
    set_config('idle_in_transaction_session_timeout', '0', true)
