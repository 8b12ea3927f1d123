-- The users' pages of a batch. For item n: the newest live top-level activities of the user with handle $1[n], in upper
-- or lower case, before the cursor ($2[n] created_at, $3[n] uuid), $4[n] at most, and the latest three live replies to
-- each. `ordinal` is the item's number, from 1; user_uuid is the user; the other columns are those of list_home.sql, in no order. A user
-- without activities has one row without uuid; a handle without a user, or of a hidden one, has no
-- row.
with feed as materialized (
    select
        author.ordinal,
        author.uuid as user_uuid,
        author.display_name,
        author.handle,
        activity.uuid,
        activity.message,
        activity.replies_count,
        activity.reposts_count,
        activity.likes_count,
        activity.expires_at,
        activity.created_at
    from (
        select
            request.ordinal,
            request.before_created_at,
            request.before_uuid,
            request.at_most,
            named.uuid,
            named.display_name,
            named.handle
        from unnest($1::text[], $2::timestamptz[], $3::uuid[], $4::bigint[])
            with ordinality as request (handle, before_created_at, before_uuid, at_most, ordinal)
        -- offset 0 makes PostgreSQL look up each handle in the index, even when the planner expects many handles.
        cross join lateral (
            select
                uuid,
                display_name,
                handle
            from users
            where lower(handle) = lower(request.handle)
                and not exists (
                    select
                    from hidden_users
                    where hidden_users.user_uuid = users.uuid
                    offset 0
                )
            offset 0
        ) as named
    ) as author
    left join lateral (
        select
            uuid,
            message,
            replies_count,
            reposts_count,
            likes_count,
            expires_at,
            created_at
        from live_activities
        where reply_to_activity_uuid is null
            and user_uuid = author.uuid
            and (created_at, uuid) < (author.before_created_at, author.before_uuid)
        order by
            created_at desc,
            uuid desc
        limit author.at_most
    ) as activity on true
)
select
    ordinal,
    user_uuid,
    pg_postmaster_start_time() as started_at,
    now() as read_at,
    (select pg_current_snapshot()::text) as snapshot,
    null::uuid as under,
    uuid,
    display_name,
    handle,
    message,
    replies_count,
    reposts_count,
    likes_count,
    null::uuid as reply_to_activity_uuid,
    expires_at,
    created_at
from feed
union all
select
    feed.ordinal,
    feed.user_uuid,
    pg_postmaster_start_time() as started_at,
    now() as read_at,
    (select pg_current_snapshot()::text) as snapshot,
    feed.uuid as under,
    reply.uuid,
    reply.display_name,
    reply.handle,
    reply.message,
    reply.replies_count,
    reply.reposts_count,
    reply.likes_count,
    feed.uuid as reply_to_activity_uuid,
    reply.expires_at,
    reply.created_at
from feed
cross join lateral latest_replies(feed.uuid) as reply
where feed.replies_count > 0
