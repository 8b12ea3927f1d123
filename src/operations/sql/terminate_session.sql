-- Signals process $1 to end its session, unless its pid belongs to a session that did not begin at $2, because the
-- system reuses pids. An account that may not see when the session began gets an error, because it may not signal it.
select pg_terminate_backend(activity.pid) as sent
from pg_stat_activity as activity
where activity.pid = $1
    and activity.backend_start is not distinct from $2
