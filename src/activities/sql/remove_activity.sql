-- Deletes the activity $1 of any user, live or expired, with all replies below it, and subtracts it from its parent's
-- count. Returns no row when it does not exist.
with deleted as (
    delete from activities
    where activities.uuid = $1
    returning
        activities.uuid,
        activities.reply_to_activity_uuid
),
counted as (
    update activities
    set replies_count = replies_count - 1
    from deleted
    where activities.uuid = deleted.reply_to_activity_uuid
)
select uuid
from deleted
