-- The threads of a batch. For item n: the live activity $1[n] with depth 0, and its live direct replies after the
-- cursor ($2[n] created_at, $3[n] uuid) with depth 1, oldest first, $4[n] at most. `ordinal` is the item's number, from
-- 1; `started_at` identifies the database server. An activity that does not exist or has expired has no row.
with parent as materialized (
    select
        request.ordinal,
        request.after_created_at,
        request.after_uuid,
        request.at_most,
        activity.*
    from unnest($1::uuid[], $2::timestamptz[], $3::uuid[], $4::bigint[])
        with ordinality as request (uuid, after_created_at, after_uuid, at_most, ordinal)
    -- offset 0 makes PostgreSQL look up each row in the index, even when the planner expects many
    -- rows.
    cross join lateral (
        select
            uuid,
            user_uuid,
            message,
            replies_count,
            reposts_count,
            likes_count,
            reply_to_activity_uuid,
            expires_at,
            created_at
        from reachable_activities
        where uuid = request.uuid
        offset 0
    ) as activity
),
page as (
    select
        ordinal,
        0 as depth,
        uuid,
        user_uuid,
        message,
        replies_count,
        reposts_count,
        likes_count,
        reply_to_activity_uuid,
        expires_at,
        created_at
    from parent
    union all
    select
        parent.ordinal,
        1 as depth,
        reply.*
    from parent
    cross join lateral (
        select
            uuid,
            user_uuid,
            message,
            replies_count,
            reposts_count,
            likes_count,
            reply_to_activity_uuid,
            expires_at,
            created_at
        from live_activities
        where reply_to_activity_uuid = parent.uuid
            and (created_at, uuid) > (parent.after_created_at, parent.after_uuid)
        order by
            created_at,
            uuid
        limit parent.at_most
    ) as reply
    where parent.replies_count > 0
)
select
    page.ordinal,
    pg_postmaster_start_time() as started_at,
    now() as read_at,
    (select pg_current_snapshot()::text) as snapshot,
    page.depth,
    page.uuid,
    author.display_name,
    author.handle,
    page.message,
    page.replies_count,
    page.reposts_count,
    page.likes_count,
    page.reply_to_activity_uuid,
    page.expires_at,
    page.created_at
from page
cross join lateral names_of_user(page.user_uuid) as author
order by
    page.ordinal,
    page.depth,
    page.created_at,
    page.uuid
