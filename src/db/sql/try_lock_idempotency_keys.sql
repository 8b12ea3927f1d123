-- Tries to take the advisory locks $1 of idempotency keys until the transaction ends. One row for each, in their order:
-- false where another transaction holds the lock, null where $1 is null.
select pg_try_advisory_xact_lock(key.lock) as locked
from unnest($1::bigint[]) with ordinality as key (lock, ordinal)
order by key.ordinal
