-- Stores the top-level activities of a batch. The author of item n is the user with Cognito id $1[n]; its message is
-- $2[n]; it expires after $3[n] seconds. Returns one row for each item: `ordinal` is the item's number, from 1;
-- author_known is false when no user has the Cognito id, hidden_reason is why the author is hidden; in both cases
-- nothing is stored.
with item as materialized (
    select
        item.ordinal,
        item.message,
        item.seconds,
        author.uuid as user_uuid,
        author.display_name,
        author.handle,
        author.hidden_reason,
        gen_random_uuid() as uuid
    from unnest($1::text[], $2::text[], $3::double precision[])
        with ordinality as item (subject, message, seconds, ordinal)
    -- offset 0 makes PostgreSQL look up each item in the index, even when the planner expects many items. While no user
    -- is hidden, it asks for that once.
    left join lateral (
        select
            uuid,
            display_name,
            handle,
            case
                when exists (select from hidden_users) then (
                    select reason
                    from hidden_users
                    where hidden_users.user_uuid = users.uuid
                )
            end as hidden_reason
        from users
        where cognito_user_id = item.subject
        offset 0
    ) as author on true
),
inserted as (
    insert into activities (uuid, user_uuid, message, expires_at)
    select
        uuid,
        user_uuid,
        message,
        now() + make_interval(secs => seconds)
    from item
    where user_uuid is not null
        and hidden_reason is null
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
    item.ordinal,
    item.user_uuid is not null as author_known,
    item.hidden_reason,
    inserted.uuid,
    item.display_name,
    item.handle,
    inserted.message,
    inserted.replies_count,
    inserted.reposts_count,
    inserted.likes_count,
    inserted.reply_to_activity_uuid,
    inserted.expires_at,
    inserted.created_at
from item
left join inserted on inserted.uuid = item.uuid
