-- Limits the statements of this session ($1) and their waits for a lock ($2), in milliseconds, 0 for no limit. Returns
-- the process id of the session.
select
    pg_backend_pid() as pid,
    set_config('statement_timeout', $1, false) as statement_timeout,
    set_config('lock_timeout', $2, false) as lock_timeout
