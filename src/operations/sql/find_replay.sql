-- How far this standby is behind: bytes received and not replayed, seconds since the latest replayed transaction, and
-- whether the replay is paused. Where nothing was received that is not replayed, the standby is not behind.
select
    pg_is_wal_replay_paused() as is_paused,
    pg_wal_lsn_diff(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn())::bigint as bytes,
    extract(epoch from clock_timestamp() - pg_last_xact_replay_timestamp())::float8 as seconds
