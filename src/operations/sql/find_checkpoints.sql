-- The checkpoints since the statistics began, on PostgreSQL 17 and later: those that were due, and those that were requested,
-- mostly because max_wal_size was reached.
select
    num_timed as timed,
    num_requested as requested,
    write_time / 1000 as write_seconds,
    current_setting('max_wal_size') as max_wal_size,
    (select setting::bigint from pg_settings where name = 'max_wal_size') as max_wal_mebibytes
from pg_stat_checkpointer
