-- Removes activity $1, whoever wrote it, with everything below it, and takes it off the count above
-- it. No row when it is not there.
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
