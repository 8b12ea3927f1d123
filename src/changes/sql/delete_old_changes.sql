-- Deletes $1 changes at most that a snapshot showed 15 minutes ago, and the snapshots from before that one. Skips rows
-- that another server is deleting.
with horizon as materialized (
    select
        taken_at,
        snapshot
    from change_horizons
    where taken_at <= now() - interval '15 minutes'
        and started_at = pg_postmaster_start_time()
    order by taken_at desc
    limit 1
),
old as (
    select
        xid,
        id
    from changes
    where xid < (select pg_snapshot_xmax(snapshot) from horizon)
        and pg_visible_in_snapshot(xid, (select snapshot from horizon))
    order by
        xid,
        id
    limit $1
    for update skip locked
),
older_horizon as (
    delete from change_horizons
    where taken_at < (select taken_at from horizon)
)
delete from changes
using old
where changes.xid = old.xid
    and changes.id = old.id
