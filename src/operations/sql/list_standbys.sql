-- The standbys and other receivers of changes: how many bytes of write-ahead log each has not replayed (or not flushed,
-- where it does not replay), and how long the latest replay took. Farthest behind first, 20 at most.
select
    coalesce(nullif(application_name, ''), 'unnamed') as app,
    coalesce(state, 'unknown') as state,
    pg_wal_lsn_diff(
        case when pg_is_in_recovery() then pg_last_wal_receive_lsn() else pg_current_wal_lsn() end,
        coalesce(replay_lsn, flush_lsn, sent_lsn)
    )::bigint as bytes,
    extract(epoch from replay_lag)::float8 as seconds
from pg_stat_replication
order by
    bytes desc nulls last,
    app
limit 20
