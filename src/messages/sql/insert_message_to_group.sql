-- Stores the message $3 of the user with Cognito id $1 in the message group $2. Returns no row when no user has the
-- Cognito id; a row without uuid when the user is not a member of such a group, or its other member has deleted the
-- account. insert_message_to_user.sql explains last_message_at.
with sender as (
    select
        uuid,
        display_name,
        handle
    from users
    where cognito_user_id = $1
),
message_group as (
    update message_groups
    set last_message_at = greatest(
        clock_timestamp(),
        message_groups.last_message_at + interval '1 microsecond'
    )
    from sender
    cross join users as receiver
    where message_groups.uuid = $2
        and sender.uuid in (message_groups.first_user_uuid, message_groups.second_user_uuid)
        and receiver.uuid in (message_groups.first_user_uuid, message_groups.second_user_uuid)
        and receiver.uuid <> sender.uuid
        and not exists (
            select
            from hidden_users
            where hidden_users.user_uuid = receiver.uuid
                and hidden_users.reason = 'deleted'
        )
    returning
        message_groups.uuid,
        message_groups.last_message_at
),
inserted as (
    insert into messages (message_group_uuid, user_uuid, message, created_at)
    select
        message_group.uuid,
        sender.uuid,
        $3,
        message_group.last_message_at
    from message_group
    cross join sender
    returning
        uuid,
        message,
        created_at
)
select
    inserted.uuid,
    sender.display_name,
    sender.handle,
    inserted.message,
    inserted.created_at
from sender
left join inserted on true
