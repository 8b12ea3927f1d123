-- The session of process $1, if it exists: its account, application, type, state and latest statement's start.
select
    activity.usename::text as "user",
    activity.application_name as app,
    activity.backend_type,
    activity.backend_start,
    activity.state,
    activity.query_start,
    activity.pid = pg_backend_pid() as is_ours
from pg_stat_activity as activity
where activity.pid = $1
