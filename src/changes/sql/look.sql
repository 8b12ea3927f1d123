-- One look at the changes: the snapshot, the time and the server of this statement, and the changes that it sees and
-- that the snapshot $1 did not show, in no order, $2 at most; none if $1 is null. Without changes there is one row
-- without a kind. Purged activities are left out, as they had expired before. xid is not compared with the xmin of $1,
-- which does not move while a transaction is open.
select
    pg_current_snapshot()::text as snapshot,
    now() as time,
    pg_postmaster_start_time() as started_at,
    -- The database and the table: another one after a restored dump or a truncate.
    pg_relation_filepath('changes') as file,
    -- The time since the server's last crash.
    current_run() as run,
    pg_is_in_recovery() as is_standby,
    change.id,
    change.kind,
    change.uuids,
    change.user_uuids,
    change.parent_uuids,
    change.created_at,
    change.handles
from (select) as look
left join lateral (
    select
        id,
        kind,
        uuids,
        user_uuids,
        parent_uuids,
        created_at,
        handles
    from changes
    where (
        xid >= pg_snapshot_xmax($1::text::pg_snapshot)
        or xid = any(array(select pg_snapshot_xip($1::text::pg_snapshot)))
    )
        -- A restored dump may have transactions that this server has not begun yet.
        and xid < pg_snapshot_xmax(pg_current_snapshot())
        and kind <> 'activities_expired'
    limit $2
) as change on true
