-- One thread, for pgbench: the statement of a server that queries each activity separately.
\set activity random(1, :activities)
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
    where uuid = md5('activity ' || :activity)::uuid
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
    where reply_to_activity_uuid = md5('activity ' || :activity)::uuid
        and (created_at, uuid) > (:created_at, :uuid)
        and exists (select from parent where replies_count > 0)
    order by
        created_at,
        uuid
    limit :fetch
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
    page.uuid;
