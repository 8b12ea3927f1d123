-- The prepared transactions of the whole server, the oldest first, 20 at most.
select
    gid,
    owner::text as account,
    database::text as database,
    extract(epoch from clock_timestamp() - prepared)::float8 as seconds
from pg_prepared_xacts
order by prepared
limit 20
