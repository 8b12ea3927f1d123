-- Who made a reaction of kind $2 to the live activity $1, before the cursor ($3 created_at, $4 user uuid), the latest
-- first, $5 at most. Hidden users are left out. It reads $6 reactions at most: if it found fewer than $5 users among
-- them and older reactions are left, a row with is_found false has the cursor from which to go on. An activity without
-- reactions has one row without uuid; one that does not exist or has expired has no row.
with activity as materialized (
    select uuid
    from reachable_activities
    where uuid = $1
),
found as materialized (
    select
        latest.user_uuid,
        latest.created_at
    from (
        select
            user_uuid,
            created_at
        from reactions
        where activity_uuid = (select uuid from activity)
            and kind = $2
            and (created_at, user_uuid) < ($3, $4)
        order by
            created_at desc,
            user_uuid desc
        -- In a subquery the planner does not know the number, and reads the index in order instead of sorting all reactions
        -- to the activity.
        limit (select $6::bigint)
    ) as latest
    where latest.user_uuid not in (select user_uuid from hidden_users)
    order by
        latest.created_at desc,
        latest.user_uuid desc
    limit $5
)
select
    true as is_found,
    found.created_at,
    found.user_uuid as uuid,
    reactor.display_name,
    reactor.handle
from activity
left join found on true
left join lateral names_of_user(found.user_uuid) as reactor on true
union all
(
    select
        false as is_found,
        created_at,
        user_uuid as uuid,
        null as display_name,
        null as handle
    from reactions
    where activity_uuid = (select uuid from activity)
        and kind = $2
        and (created_at, user_uuid) < ($3, $4)
        and (select count(*) from found) < $5
    order by
        created_at desc,
        user_uuid desc
    limit 1
    offset (select $6::bigint) - 1
)
