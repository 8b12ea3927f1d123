-- The sessions of the whole server except this one, oldest first, that have been in their state for at least $2 seconds;
-- only those in state $1 unless it is null. pg_locks shows a wait for a row as a wait for a transaction, so the table is
-- that of the row lock that the session holds while it waits. A session is one of a live server if that server's prober
-- holds the advisory lock "servers" in ASCII (`lock_live_server.sql`).
select
    activity.pid as process_id,
    activity.usename::text as "user",
    activity.datname::text as db,
    host(activity.client_addr) as client_addr,
    activity.application_name as app,
    activity.state,
    activity.backend_type,
    coalesce(encryption.ssl, false) as ssl,
    activity.wait_event_type,
    activity.wait_event,
    activity.backend_start,
    extract(epoch from clock_timestamp() - activity.backend_start)::float8 as session_seconds,
    extract(epoch from clock_timestamp() - activity.xact_start)::float8 as transaction_seconds,
    extract(epoch from clock_timestamp() - activity.query_start)::float8 as query_seconds,
    extract(epoch from clock_timestamp() - activity.state_change)::float8 as state_seconds,
    case
        when activity.wait_event_type = 'Lock' then pg_blocking_pids(activity.pid)
        else '{}'
    end as blocked_by,
    waiting.locktype as waiting_for,
    waiting.mode as waiting_mode,
    waiting.table_name as waiting_table,
    extract(epoch from clock_timestamp() - waiting.waitstart)::float8 as waiting_seconds,
    activity.query as statement,
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
left join pg_stat_ssl as encryption using (pid)
left join lateral (
    select
        wanted.locktype,
        wanted.mode,
        wanted.waitstart,
        case
            when found.database = (select oid from pg_database where datname = current_database())
                then found.relation::regclass::text
        end as table_name
    from pg_locks as wanted
    left join pg_locks as found
        on found.pid = wanted.pid
        and (
            found.relation = wanted.relation and not found.granted
            or wanted.relation is null and found.locktype = 'tuple'
        )
    where wanted.pid = activity.pid
        and not wanted.granted
    limit 1
) as waiting on true
where activity.pid <> pg_backend_pid()
    and ($1::text is null or activity.state = $1)
    and (
        $2::float8 = 0
        or extract(epoch from clock_timestamp() - activity.state_change) >= $2
    )
order by
    activity.backend_start,
    activity.pid
