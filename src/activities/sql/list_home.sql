-- Home: the newest live top-level activities of all users before the cursor ($1 created_at, $2 uuid), $3 at most, and
-- the latest three live replies to each. `started_at` identifies the database server; `under` is the activity that a
-- reply belongs to, null for the activities. The rows are in no order: the server sorts them, since PostgreSQL would
-- copy every row to sort it.
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
    from live_home($1, $2)
    order by
        created_at desc,
        uuid desc
    limit $3
)
select
    pg_postmaster_start_time() as started_at,
    now() as read_at,
    (select pg_current_snapshot()::text) as snapshot,
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
