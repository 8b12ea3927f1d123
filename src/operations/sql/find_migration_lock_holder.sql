-- The session that holds the migrations' advisory lock. The lock's number is "cruddur" in ASCII; pg_locks shows it in
-- two halves.
select
    activity.pid,
    coalesce(activity.application_name, '') as application_name,
    coalesce(activity.client_addr::text, 'this machine') as client_addr
from pg_locks
join pg_stat_activity as activity using (pid)
where pg_locks.locktype = 'advisory'
    and pg_locks.granted
    and (pg_locks.classid::bigint << 32) + pg_locks.objid::bigint = 27991871215400306
    and pg_locks.database = (select oid from pg_database where datname = current_database())
