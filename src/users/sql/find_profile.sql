-- The profile of the user with handle $1, in upper or lower case, with the number of the user's live top-level
-- activities.
select
    users.uuid,
    users.handle,
    users.display_name,
    users.bio,
    (
        select count(*)
        from live_activities
        where live_activities.user_uuid = users.uuid
            and live_activities.reply_to_activity_uuid is null
    ) as cruds_count,
    users.created_at
from users
where lower(users.handle) = lower($1)
