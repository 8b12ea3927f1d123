-- Home: everyone's live top-level activities before the place ($1 created_at, $2 uuid), newest
-- first, $3 at most, each followed at depth 1 by its latest three live replies, oldest first.
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
-- offset 0 keeps this a look-up for each row: a planner that expects a longer page would read all
-- users instead.
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
    page.uuid
