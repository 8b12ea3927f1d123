-- The snapshot of this statement, its session and its time. Two statements with the same backend and snapshot see the
-- same rows, because a change to any row needs a transaction, which a later snapshot would contain.
select
    pg_backend_pid() as backend,
    pg_current_snapshot()::text as snapshot,
    now() as time
