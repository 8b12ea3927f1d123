-- The session of process $1, if it exists: its account, type, state and latest statement's start, and whether it is one
-- of a live server, whose prober holds the advisory lock "servers" in ASCII (`lock_live_server.sql`).
select
    activity.usename::text as "user",
    activity.backend_type,
    activity.backend_start,
    activity.state,
    activity.query_start,
    activity.pid = pg_backend_pid() as is_ours,
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
where activity.pid = $1
