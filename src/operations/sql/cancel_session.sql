-- Asks the statement of process $1 to end, where it is still the process that began at $2: pids are
-- used again. An account that may not see when it began may not end it either, and is told so.
select pg_cancel_backend(activity.pid) as sent
from pg_stat_activity as activity
where activity.pid = $1
    and activity.backend_start is not distinct from $2
