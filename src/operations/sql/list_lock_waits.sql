-- The sessions that wait for a lock, the longest first, 100 at most, and the sessions that block them. A session is one of
-- a live server if that server's prober holds the advisory lock "servers" in ASCII (`lock_live_server.sql`).
with waiting as materialized (
    select
        pid,
        pg_blocking_pids(pid) as blocked_by
    from pg_stat_activity
    where wait_event_type = 'Lock'
    order by state_change
    limit 100
),
involved as (
    select pid
    from waiting
    union
    select unnest(blocked_by)
    from waiting
)
select
    activity.pid,
    coalesce(nullif(activity.application_name, ''), 'unnamed') as app,
    activity.usename::text as account,
    coalesce(activity.backend_type, 'client backend') as backend_type,
    activity.backend_start,
    coalesce(activity.state, '') as state,
    coalesce(activity.query, '') as statement,
    extract(epoch from clock_timestamp() - activity.xact_start)::float8 as transaction_seconds,
    (
        select max(extract(epoch from clock_timestamp() - pg_locks.waitstart))::float8
        from pg_locks
        where pg_locks.pid = activity.pid
            and not pg_locks.granted
    ) as waiting_seconds,
    coalesce(waiting.blocked_by, '{}') as blocked_by,
    exists (
        select
        from pg_locks as held
        join pg_stat_activity as prober on prober.pid = held.pid
        where held.locktype = 'advisory'
            and held.granted
            and (held.classid::bigint << 32) + held.objid::bigint = 32481164608762483
            and held.database = activity.datid
            and prober.usesysid = activity.usesysid
            and prober.application_name = activity.application_name
    ) as is_server
from involved
join pg_stat_activity as activity using (pid)
left join waiting using (pid)
order by
    waiting_seconds desc nulls last,
    activity.pid
