-- The reactions of kind $2 (`like` or `repost`) of the user with id $1 before the cursor ($3 created_at, $4
-- activity_uuid), newest first, $5 at most.
select
    activity_uuid,
    created_at
from reactions
where user_uuid = $1
    and kind = $2
    and (created_at, activity_uuid) < ($3, $4)
order by
    created_at desc,
    activity_uuid desc
limit $5
