-- Stores a top-level activity of the user with Cognito id $1: message $2, alive for $3 seconds.
-- Nothing when nobody here has that id.
with author as (
    select
        uuid,
        display_name,
        handle
    from users
    where cognito_user_id = $1
),
inserted as (
    insert into activities (user_uuid, message, expires_at)
    select
        uuid,
        $2,
        now() + make_interval(secs => $3)
    from author
    returning
        uuid,
        message,
        replies_count,
        reposts_count,
        likes_count,
        reply_to_activity_uuid,
        expires_at,
        created_at
)
select
    inserted.uuid,
    author.display_name,
    author.handle,
    inserted.message,
    inserted.replies_count,
    inserted.reposts_count,
    inserted.likes_count,
    inserted.reply_to_activity_uuid,
    inserted.expires_at,
    inserted.created_at
from author
cross join inserted
