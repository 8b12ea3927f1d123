-- Deletes the live activity $1 with all replies below it, if its author is the user with Cognito id $2, and subtracts
-- it from its parent's count. Returns no row when the activity does not exist or has expired; is_author is false when
-- another user wrote it; is_deleted is false when a concurrent statement deleted it first.
with target as (
    select
        live_activities.uuid,
        live_activities.reply_to_activity_uuid,
        users.cognito_user_id = $2 as is_author
    from live_activities
    join users on users.uuid = live_activities.user_uuid
    where live_activities.uuid = $1
),
deleted as (
    delete from activities
    using target
    where activities.uuid = target.uuid
        and target.is_author
    returning target.reply_to_activity_uuid
),
counted as (
    update activities
    set replies_count = replies_count - 1
    from deleted
    where activities.uuid = deleted.reply_to_activity_uuid
)
select
    is_author,
    exists (select from deleted) as is_deleted
from target
