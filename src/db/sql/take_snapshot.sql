-- Which data this session sees at this moment, and the time: two looks with the same backend and snapshot
-- see the same rows, because a change to any row needs a transaction that the later one would name.
select
    pg_backend_pid() as backend,
    pg_current_snapshot()::text as snapshot,
    now() as time
