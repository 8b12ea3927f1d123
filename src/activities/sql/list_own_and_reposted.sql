-- A user's page with reposts: the cursors of the live top-level activities of the user $1, and of the live activities
-- that the user reposted, before the cursor ($2 created_at, $3 uuid), newest first, $4 at most; none for a hidden user.
-- created_at is that of the user's own activity or of the repost. It reads $5 reposts at most: if older ones are left,
-- it returns nothing older than those it read, and a row with is_found false has the cursor from which to go on.
with repost as materialized (
    select
        latest.created_at,
        latest.activity_uuid
    from (
        select
            created_at,
            activity_uuid
        from reactions
        where user_uuid = $1
            and kind = 'repost'
            and (created_at, activity_uuid) < ($2, $3)
            and $1 not in (select user_uuid from hidden_users)
        order by
            created_at desc,
            activity_uuid desc
        -- In a subquery the planner does not know the number, and reads the index in order.
        limit (select $5::bigint)
    ) as latest
    where exists (
        select
        from reachable_activities
        where reachable_activities.uuid = latest.activity_uuid
        offset 0
    )
    order by
        latest.created_at desc,
        latest.activity_uuid desc
    limit $4
),
last_read as materialized (
    select
        created_at,
        activity_uuid
    from reactions
    where user_uuid = $1
        and kind = 'repost'
        and (created_at, activity_uuid) < ($2, $3)
        and $1 not in (select user_uuid from hidden_users)
        and (select count(*) from repost) < $4
    order by
        created_at desc,
        activity_uuid desc
    limit 1
    offset (select $5::bigint) - 1
),
own as materialized (
    select
        created_at,
        uuid
    from live_activities
    where reply_to_activity_uuid is null
        and user_uuid = $1
        and (created_at, uuid) < ($2, $3)
    order by
        created_at desc,
        uuid desc
    limit $4
)
(
    select
        true as is_found,
        entry.created_at,
        entry.uuid,
        entry.is_repost
    from (
        select
            created_at,
            activity_uuid as uuid,
            true as is_repost
        from repost
        union all
        select
            created_at,
            uuid,
            false as is_repost
        from own
    ) as entry
    where not exists (
        select
        from last_read
        where (entry.created_at, entry.uuid) < (last_read.created_at, last_read.activity_uuid)
    )
    order by
        entry.created_at desc,
        entry.uuid desc
    limit $4
)
union all
select
    false as is_found,
    created_at,
    activity_uuid as uuid,
    null as is_repost
from last_read
