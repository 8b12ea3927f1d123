-- The live activities with the ids $1, top-level ones and replies, and the latest three live replies to each. It
-- returns the columns of list_home.sql, in no order.
with feed as materialized (
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
    where uuid = any($1)
)
select
    pg_postmaster_start_time() as started_at,
    null::uuid as under,
    feed.uuid,
    author.display_name,
    author.handle,
    feed.message,
    feed.replies_count,
    feed.reposts_count,
    feed.likes_count,
    feed.reply_to_activity_uuid,
    feed.expires_at,
    feed.created_at
from feed
cross join lateral names_of_user(feed.user_uuid) as author
union all
select
    pg_postmaster_start_time() as started_at,
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
