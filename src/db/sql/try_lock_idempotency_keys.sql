-- Takes the locks $1 of idempotency keys until the transaction ends, each where nobody holds it. Null
-- for none; a row for each, in their order.
select pg_try_advisory_xact_lock(key.lock) as locked
from unnest($1::bigint[]) with ordinality as key (lock, ordinal)
order by key.ordinal
