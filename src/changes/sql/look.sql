-- One look at the changes: the snapshot, the time and the server of this statement, and the changes that it sees and
-- that the snapshot $1 did not show, in no order, $2 at most; none if $1 is null. Also the activities that expired after
-- $3 and $4, an expiry and an id, until the time of this statement, in that order, $2 at most, as changes without an id;
-- none if $3 is null. Without changes there is one row without a kind. is_beyond tells that the changes have more than
-- 16 MiB as they are stored; then those after this one are left out. xid is not compared with the xmin of $1, which
-- does not move while a transaction is open.
select
    look.snapshot,
    look.time,
    look.started_at,
    look.file,
    look.run,
    look.is_standby,
    change.id,
    change.xid,
    change.kind,
    change.uuids,
    change.user_uuids,
    change.parent_uuids,
    change.created_at,
    change.expires_at,
    change.handles,
    change.is_beyond
from (
    select
        pg_current_snapshot()::text as snapshot,
        now() as time,
        pg_postmaster_start_time() as started_at,
        -- The database and the table: another one after a restored dump or a truncate.
        pg_relation_filepath('changes') as file,
        -- The time since the server's last crash.
        current_run() as run,
        pg_is_in_recovery() as is_standby
    -- Once, and not for each change.
    offset 0
) as look
left join lateral (
    (
        select
            id,
            xid::text as xid,
            kind,
            uuids,
            user_uuids,
            parent_uuids,
            created_at,
            expires_at,
            handles,
            bytes > 16777216 as is_beyond
        from (
            select
                sized.*,
                sum(size) over (rows unbounded preceding) as bytes
            from (
                select
                    new.*,
                    -- The sizes of arrays that are not read yet.
                    coalesce(pg_column_size(uuids), 0)
                        + coalesce(pg_column_size(user_uuids), 0)
                        + coalesce(pg_column_size(parent_uuids), 0)
                        + coalesce(pg_column_size(created_at), 0)
                        + coalesce(pg_column_size(expires_at), 0)
                        + coalesce(pg_column_size(handles), 0) as size
                from (
                    select changes.*
                    from changes
                    where xid >= pg_snapshot_xmax($1::text::pg_snapshot)
                        -- A restored dump may have transactions that this server has not begun yet.
                        and xid < pg_snapshot_xmax(pg_current_snapshot())
                    union all
                    -- The order makes this a range of the index for each transaction, whatever the planner expects.
                    select late.*
                    from pg_snapshot_xip($1::text::pg_snapshot) as running (xid)
                    cross join lateral (
                        select changes.*
                        from changes
                        where changes.xid = running.xid
                        order by id
                        limit $2
                    ) as late
                    -- Otherwise the index would find rows that nobody may see yet, all those of a long transaction.
                    where pg_visible_in_snapshot(running.xid, pg_current_snapshot())
                ) as new
                where kind <> 'activities_expired'
                limit $2
            ) as sized
        ) as summed
        where bytes - size <= 16777216
    )
    union all
    (
        select
            null as id,
            null as xid,
            'expired' as kind,
            array[uuid] as uuids,
            array[user_uuid] as user_uuids,
            array[reply_to_activity_uuid] as parent_uuids,
            array[created_at] as created_at,
            array[expires_at] as expires_at,
            null as handles,
            false as is_beyond
        from (
            select
                uuid,
                user_uuid,
                reply_to_activity_uuid,
                created_at,
                expires_at
            from activities
            where expires_at >= $3::timestamptz
                and (expires_at, uuid) > ($3::timestamptz, $4::uuid)
                and expires_at <= now()
            union all
            -- Those that the purge has deleted already.
            select
                gone.uuid,
                gone.user_uuid,
                gone.reply_to_activity_uuid,
                gone.created_at,
                gone.expires_at
            from changes
            cross join lateral unnest(uuids, user_uuids, parent_uuids, changes.created_at, changes.expires_at)
                as gone (uuid, user_uuid, reply_to_activity_uuid, created_at, expires_at)
            where changes.kind = 'activities_expired'
                and changes.last_expiry >= $3::timestamptz
                and (gone.expires_at, gone.uuid) > ($3::timestamptz, $4::uuid)
                and gone.expires_at <= now()
        ) as expired
        order by
            expires_at,
            uuid
        limit $2
    )
) as change on true
