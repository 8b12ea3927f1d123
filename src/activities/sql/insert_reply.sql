-- Stores a reply of the user with Cognito id $1 to live activity $2: message $3. The reply takes
-- over the expiry, and the count above it goes up in the same statement. No row when nobody here
-- has that id, a row of nulls when the activity is gone.
with author as (
    select
        uuid,
        display_name,
        handle
    from users
    where cognito_user_id = $1
),
parent as (
    update activities
    set replies_count = replies_count + 1
    where uuid = $2
        and (expires_at is null or expires_at > now())
        and exists (select from author)
    returning
        uuid,
        expires_at
),
inserted as (
    insert into activities (user_uuid, message, reply_to_activity_uuid, expires_at)
    select
        author.uuid,
        $3,
        parent.uuid,
        parent.expires_at
    from author
    cross join parent
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
left join inserted on true
