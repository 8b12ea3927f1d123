-- The snapshot of this statement, its session, its time and its server. Two statements with the same server, backend and
-- snapshot see the same rows, because a change to any row needs a transaction, which a later snapshot would contain.
select
    pg_backend_pid() as backend,
    pg_current_snapshot()::text as snapshot,
    now() as time,
    pg_postmaster_start_time() as server_start,
    pg_is_in_recovery() as is_standby
