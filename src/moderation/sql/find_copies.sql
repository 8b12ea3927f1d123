-- The copies of the report $1: of the activity and, for a reply, of the activity that it answers.
select
    role,
    activity_uuid,
    user_uuid,
    handle,
    display_name,
    message,
    reply_to_activity_uuid,
    expires_at,
    created_at,
    gone_at
from report_copies
where report_uuid = $1
