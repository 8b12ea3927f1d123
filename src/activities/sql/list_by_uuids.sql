-- The live activities among the ids $1, top-level or not, newest first, each with its latest three live
-- replies: rows as of list_home.sql.
select
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
    where uuid = any($1)
    offset 0
) as feed
-- offset 0: see list_home.sql.
cross join lateral (
    select
        display_name,
        handle
    from users
    where uuid = feed.user_uuid
    offset 0
) as author
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
    feed.created_at desc,
    feed.uuid desc,
    reply.created_at,
    reply.uuid
