-- The counters of this database since its statistics began: blocks found in the buffer cache and read from outside,
-- bytes of temporary files, deadlocks, and blocks whose checksum was wrong.
select
    blks_hit as hits,
    blks_read as reads,
    temp_bytes,
    deadlocks,
    coalesce(checksum_failures, 0) as checksum_failures,
    current_setting('shared_buffers') as shared_buffers,
    current_setting('work_mem') as work_mem
from pg_stat_database
where datname = current_database()
