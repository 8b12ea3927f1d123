-- Users' pages, many at once: the user with handle $1[n] at depth -1, then their live top-level activities
-- before the place ($2[n] created_at, $3[n] uuid) at depth 0, newest first, $4[n] at most, each followed at
-- depth 1 by its latest three live replies, oldest first. Each row says by `place`, from 1, whom it is
-- for; no row where nobody has the handle.
with author as materialized (
    select
        asked.place,
        asked.before_created_at,
        asked.before_uuid,
        asked.at_most,
        named.*
    from unnest($1::text[], $2::timestamptz[], $3::uuid[], $4::bigint[])
        with ordinality as asked (handle, before_created_at, before_uuid, at_most, place)
    -- offset 0, here and below: a look-up for each row, however many the planner expects.
    cross join lateral (
        select
            uuid,
            handle,
            display_name
        from users
        where lower(handle) = lower(asked.handle)
        offset 0
    ) as named
),
feed as materialized (
    select
        author.place,
        author.display_name,
        author.handle,
        activity.*
    from author
    cross join lateral (
        select
            uuid,
            message,
            replies_count,
            reposts_count,
            likes_count,
            reply_to_activity_uuid,
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
    ) as activity
),
latest_reply as (
    select
        feed.place,
        replier.display_name,
        replier.handle,
        reply.*
    from feed
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
        where reply_to_activity_uuid = feed.uuid
        order by
            created_at desc,
            uuid desc
        limit 3
    ) as reply
    cross join lateral (
        select
            display_name,
            handle
        from users
        where uuid = reply.user_uuid
        offset 0
    ) as replier
    where feed.replies_count > 0
),
page as (
    select
        place,
        -1 as depth,
        display_name,
        handle,
        null::uuid as uuid,
        null as message,
        null::integer as replies_count,
        null::integer as reposts_count,
        null::integer as likes_count,
        null::uuid as reply_to_activity_uuid,
        null::timestamptz as expires_at,
        null::timestamptz as created_at
    from author
    union all
    select
        place,
        0 as depth,
        display_name,
        handle,
        uuid,
        message,
        replies_count,
        reposts_count,
        likes_count,
        reply_to_activity_uuid,
        expires_at,
        created_at
    from feed
    union all
    select
        place,
        1 as depth,
        display_name,
        handle,
        uuid,
        message,
        replies_count,
        reposts_count,
        likes_count,
        reply_to_activity_uuid,
        expires_at,
        created_at
    from latest_reply
)
select
    place,
    depth,
    uuid,
    display_name,
    handle,
    message,
    replies_count,
    reposts_count,
    likes_count,
    reply_to_activity_uuid,
    expires_at,
    created_at
from page
order by
    place,
    depth,
    case when depth = 0 then created_at end desc,
    case when depth = 0 then uuid end desc,
    created_at,
    uuid
