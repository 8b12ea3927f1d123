-- Takes the lock $1 of an idempotency key until the transaction ends, where nobody holds it.
select pg_try_advisory_xact_lock($1) as locked
