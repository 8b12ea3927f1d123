-- The snapshot, the time and the server of this statement, as look.sql has them.
select
    pg_current_snapshot()::text as snapshot,
    now() as time,
    pg_postmaster_start_time() as started_at,
    pg_relation_filepath('changes') as file,
    current_run() as run,
    pg_is_in_recovery() as is_standby
