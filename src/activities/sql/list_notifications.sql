-- Among the $5 latest notifications of the user with Cognito id $1 before the cursor ($2 created_at, $3 uuid): the
-- cursors of the live activities, newest first, $4 at most, with is_found true. Activities of users whom the user has
-- blocked are left out. If fewer than $4 are found and older notifications are left, the last row has is_found false
-- and the cursor from which to go on.
with found as materialized (
    select
        latest.created_at,
        latest.activity_uuid
    from (
        select
            user_uuid,
            created_at,
            activity_uuid
        from notifications
        where user_uuid = (select uuid from users where cognito_user_id = $1)
            and (created_at, activity_uuid) < ($2, $3)
        order by
            created_at desc,
            activity_uuid desc
        -- In a subquery the planner does not know the number, and reads the index in order instead of sorting all rows
        -- of the user.
        limit (select $5::bigint)
    ) as latest
    -- offset 0 keeps both look-ups look-ups for each row.
    where exists (
        select
        from reachable_activities
        where reachable_activities.uuid = latest.activity_uuid
            and not exists (
                select
                from blocks
                where blocks.blocker_uuid = latest.user_uuid
                    and blocks.blocked_uuid = reachable_activities.user_uuid
                offset 0
            )
        offset 0
    )
    order by
        latest.created_at desc,
        latest.activity_uuid desc
    limit $4
)
select
    created_at,
    activity_uuid as uuid,
    true as is_found
from found
union all
(
    select
        created_at,
        activity_uuid as uuid,
        false as is_found
    from notifications
    where user_uuid = (select uuid from users where cognito_user_id = $1)
        and (created_at, activity_uuid) < ($2, $3)
        and (select count(*) from found) < $4
    order by
        created_at desc,
        activity_uuid desc
    limit 1
    offset (select $5::bigint) - 1
)
