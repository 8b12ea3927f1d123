-- The replication slots with the bytes of write-ahead log that the server keeps for each, the most first, 20 at most.
select
    slot_name::text as name,
    active as is_active,
    coalesce(wal_status, 'unknown') as status,
    pg_wal_lsn_diff(
        case when pg_is_in_recovery() then pg_last_wal_receive_lsn() else pg_current_wal_lsn() end,
        restart_lsn
    )::bigint as bytes
from pg_replication_slots
where not temporary
order by
    bytes desc nulls last,
    name
limit 20
