-- The sessions that block process $1, which waits for a lock, and the seconds since the transaction of each began.
select
    activity.pid,
    coalesce(nullif(activity.application_name, ''), 'unnamed') as app,
    extract(epoch from clock_timestamp() - activity.xact_start)::float8 as transaction_seconds
from pg_stat_activity as activity
where activity.pid = any(pg_blocking_pids($1))
order by activity.pid
