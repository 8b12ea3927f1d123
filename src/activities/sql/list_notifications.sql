-- The cursors of the live activities by other users that reply to or mention the user with Cognito id $1, before the
-- cursor ($2 created_at, $3 uuid), newest first, $4 at most.
select
    notifications.created_at,
    notifications.activity_uuid as uuid
from notifications
where notifications.user_uuid = (select uuid from users where cognito_user_id = $1)
    and (notifications.created_at, notifications.activity_uuid) < ($2, $3)
    and exists (
        select
        from reachable_activities
        where reachable_activities.uuid = notifications.activity_uuid
        offset 0
    )
order by
    notifications.created_at desc,
    notifications.activity_uuid desc
limit $4
