-- The clients' open transactions, the oldest first, 20 at most, without that of this statement. A session is one of a live
-- server if that server's prober holds the advisory lock "servers" in ASCII (`lock_live_server.sql`).
select
    activity.pid,
    coalesce(nullif(activity.application_name, ''), 'unnamed') as app,
    activity.usename::text as account,
    coalesce(activity.backend_type, 'client backend') as backend_type,
    activity.backend_start,
    coalesce(activity.state, '') as state,
    coalesce(activity.query, '') as statement,
    extract(epoch from clock_timestamp() - activity.xact_start)::float8 as transaction_seconds,
    null::float8 as waiting_seconds,
    '{}'::integer[] as blocked_by,
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
from pg_stat_activity as activity
where activity.xact_start is not null
    and activity.backend_type = 'client backend'
    and activity.pid <> pg_backend_pid()
order by activity.xact_start
limit 20
