-- Signals every session of the databases $1 except this one to end.
select pg_terminate_backend(pid)
from pg_stat_activity
where datname = any($1::text[])
    and pid <> pg_backend_pid()
