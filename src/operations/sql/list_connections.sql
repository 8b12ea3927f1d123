-- The clients' sessions by application, the most first, with the number of all and how many the server admits to accounts
-- without special rights. The three numbers of states leave out sessions that the account may not see.
select
    coalesce(nullif(application_name, ''), 'unnamed') as app,
    count(*) as sessions,
    count(*) filter (where state = 'active') as active,
    count(*) filter (where state = 'idle') as idle,
    count(*) filter (where state like 'idle in transaction%') as in_transaction,
    (sum(count(*)) over ())::bigint as total,
    current_setting('max_connections')::integer
        - current_setting('superuser_reserved_connections')::integer
        - coalesce(current_setting('reserved_connections', true), '0')::integer as admitted
from pg_stat_activity
where coalesce(backend_type, 'client backend') = 'client backend'
group by 1
order by
    sessions desc,
    app
limit 10
