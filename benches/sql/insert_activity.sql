-- One insert per transaction, for pgbench: the statement of a server that stores each activity separately.
\set user random(1, :writers)
with author as (
    select
        uuid,
        display_name,
        handle
    from users
    where cognito_user_id = 'bench:' || :user
),
inserted as (
    insert into activities (user_uuid, message, expires_at)
    select
        uuid,
        :message,
        now() + make_interval(secs => :seconds)
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
cross join inserted;
