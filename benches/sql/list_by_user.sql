-- A user's page, for pgbench: the statement of a server that queries each user separately and already knows the
-- user's uuid.
\set user random(1, :users)
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
    from live_activities
    where reply_to_activity_uuid is null
        and user_uuid = md5('user ' || :user)::uuid
        and (created_at, uuid) < (:created_at, :uuid)
    order by
        created_at desc,
        uuid desc
    limit :fetch
),
latest_reply as (
    select reply.*
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
            and feed.replies_count > 0
        order by
            created_at desc,
            uuid desc
        limit 3
    ) as reply
),
page as (
    select 0 as depth, feed.*
    from feed
    union all
    select 1 as depth, latest_reply.*
    from latest_reply
)
select
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
cross join lateral (
    select
        display_name,
        handle
    from users
    where uuid = page.user_uuid
    offset 0
) as author
order by
    page.depth,
    case when page.depth = 0 then page.created_at end desc,
    case when page.depth = 0 then page.uuid end desc,
    page.created_at,
    page.uuid;
