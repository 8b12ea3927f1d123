-- A thread: live activity $1 at depth 0, then its live direct replies behind the place
-- ($2 created_at, $3 uuid) at depth 1, oldest first, $4 at most. Nothing when $1 is gone.
with parent as (
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
    where uuid = $1
),
reply as materialized (
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
    where reply_to_activity_uuid = $1
        and (created_at, uuid) > ($2, $3)
        and exists (select from parent where replies_count > 0)
    order by
        created_at,
        uuid
    limit $4
),
page as (
    select 0 as depth, parent.*
    from parent
    union all
    select 1 as depth, reply.*
    from reply
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
-- offset 0: see list_home.sql.
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
    page.created_at,
    page.uuid
