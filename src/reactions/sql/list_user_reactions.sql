-- The cursors (created_at of the reaction, uuid of the activity) of the live activities to which the user $1 made a
-- reaction of kind $2, before the cursor ($3 created_at, $4 uuid), the latest reaction first, $5 at most; none for a
-- hidden user. It reads $6 reactions at most: if it found fewer than $5 activities among them and older reactions are
-- left, a row with is_found false has the cursor from which to go on.
with found as materialized (
    select
        latest.created_at,
        latest.activity_uuid
    from (
        select
            created_at,
            activity_uuid
        from reactions
        where user_uuid = $1
            and kind = $2
            and (created_at, activity_uuid) < ($3, $4)
            and $1 not in (select user_uuid from hidden_users)
        order by
            created_at desc,
            activity_uuid desc
        -- In a subquery the planner does not know the number, and reads the index in order.
        limit (select $6::bigint)
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
    limit $5
)
select
    true as is_found,
    created_at,
    activity_uuid as uuid
from found
union all
(
    select
        false as is_found,
        created_at,
        activity_uuid as uuid
    from reactions
    where user_uuid = $1
        and kind = $2
        and (created_at, activity_uuid) < ($3, $4)
        and $1 not in (select user_uuid from hidden_users)
        and (select count(*) from found) < $5
    order by
        created_at desc,
        activity_uuid desc
    limit 1
    offset (select $6::bigint) - 1
)
