-- The process of the session that runs this statement.
select pg_backend_pid() as backend
