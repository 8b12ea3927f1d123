-- How many transactions ago the oldest row of each database was written that vacuum has not frozen, with the ages at which
-- autovacuum freezes whatever the load is; the oldest database first, five at most. The server stops at 2,147,483,648.
select
    datname::text as database,
    datname = current_database() as is_ours,
    age(datfrozenxid)::bigint as transactions,
    mxid_age(datminmxid)::bigint as multixacts,
    current_setting('autovacuum_freeze_max_age')::bigint as max_transactions,
    current_setting('autovacuum_multixact_freeze_max_age')::bigint as max_multixacts,
    current_setting('autovacuum')::boolean as autovacuum
from pg_database
order by
    age(datfrozenxid) desc,
    datname
limit 5
