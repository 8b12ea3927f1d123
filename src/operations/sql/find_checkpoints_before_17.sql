-- The checkpoints since the statistics began, on PostgreSQL 14 to 16: those that were due, and those that were requested,
-- mostly because max_wal_size was reached. Later versions have the view without these columns, so that they are read by name.
select
    (counters ->> 'checkpoints_timed')::bigint as timed,
    (counters ->> 'checkpoints_req')::bigint as requested,
    (counters ->> 'checkpoint_write_time')::float8 / 1000 as write_seconds,
    current_setting('max_wal_size') as max_wal_size,
    (select setting::bigint from pg_settings where name = 'max_wal_size') as max_wal_mebibytes
from (
    select to_jsonb(pg_stat_bgwriter) as counters
    from pg_stat_bgwriter
) as statistics
