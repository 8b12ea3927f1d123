-- The session that holds the advisory lock for the setup of database $1. pg_locks shows the lock's number in two halves.
select
    activity.pid,
    coalesce(activity.application_name, '') as application_name,
    coalesce(activity.client_addr::text, 'this machine') as client_addr
from pg_locks
join pg_stat_activity as activity using (pid)
where pg_locks.locktype = 'advisory'
    and pg_locks.granted
    and (pg_locks.classid::bigint << 32) + pg_locks.objid::bigint = hashtextextended($1, 7233393925157057904)
    and pg_locks.database = (select oid from pg_database where datname = current_database())
