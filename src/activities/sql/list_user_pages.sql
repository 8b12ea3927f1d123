-- Users' pages, many at once: of the user with handle $1[n] the live top-level activities before the place
-- ($2[n] created_at, $3[n] uuid), newest first, $4[n] at most, each with its latest three live replies: rows
-- as of list_home.sql. Each says by `place`, from 1, whom it is for; one of nulls for a user without
-- activities, none where nobody has the handle.
select
    author.place,
    feed.uuid,
    author.display_name,
    author.handle,
    feed.message,
    feed.replies_count,
    feed.reposts_count,
    feed.likes_count,
    feed.reply_to_activity_uuid,
    feed.expires_at,
    feed.created_at,
    reply.uuid as reply_uuid,
    replier.display_name as reply_display_name,
    replier.handle as reply_handle,
    reply.message as reply_message,
    reply.replies_count as reply_replies_count,
    reply.reposts_count as reply_reposts_count,
    reply.likes_count as reply_likes_count,
    reply.reply_to_activity_uuid as reply_reply_to_activity_uuid,
    reply.expires_at as reply_expires_at,
    reply.created_at as reply_created_at
from (
    select
        asked.place,
        asked.before_created_at,
        asked.before_uuid,
        asked.at_most,
        named.uuid,
        named.display_name,
        named.handle
    from unnest($1::text[], $2::timestamptz[], $3::uuid[], $4::bigint[])
        with ordinality as asked (handle, before_created_at, before_uuid, at_most, place)
    -- offset 0: see list_home.sql.
    cross join lateral (
        select
            uuid,
            display_name,
            handle
        from users
        where lower(handle) = lower(asked.handle)
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
) as feed on true
left join lateral (
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
        and feed.replies_count > 0
    order by
        created_at desc,
        uuid desc
    limit 3
) as reply on true
left join lateral (
    select
        display_name,
        handle
    from users
    where uuid = reply.user_uuid
    offset 0
) as replier on true
order by
    author.place,
    feed.created_at desc,
    feed.uuid desc,
    reply.created_at,
    reply.uuid
