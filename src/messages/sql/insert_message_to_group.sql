-- Stores the message $3 of the user with Cognito id $1 in the message group $2. Returns no row when no user has the
-- Cognito id; hidden_reason is why the user is hidden; sender_blocked is null when the user is not a member of such a
-- group or its other member has deleted the account, true when the other member has blocked the user. In each of these
-- cases no message is stored. insert_message_to_user.sql explains last_message_at.
with sender as (
    select
        uuid,
        display_name,
        handle,
        (
            select reason
            from hidden_users
            where hidden_users.user_uuid = users.uuid
        ) as hidden_reason
    from users
    where cognito_user_id = $1
),
membership as (
    select
        message_groups.uuid,
        exists (
            select
            from blocks
            where blocks.blocker_uuid = other.uuid
                and blocks.blocked_uuid = sender.uuid
        ) as sender_blocked
    from sender
    join message_groups
        on sender.uuid in (message_groups.first_user_uuid, message_groups.second_user_uuid)
    join users as other
        on other.uuid in (message_groups.first_user_uuid, message_groups.second_user_uuid)
            and other.uuid <> sender.uuid
    where message_groups.uuid = $2
        and not exists (
            select
            from hidden_users
            where hidden_users.user_uuid = other.uuid
                and hidden_users.reason = 'deleted'
        )
),
message_group as (
    update message_groups
    set last_message_at = greatest(
        clock_timestamp(),
        message_groups.last_message_at + interval '1 microsecond'
    )
    from membership
    cross join sender
    where message_groups.uuid = membership.uuid
        and not membership.sender_blocked
        and sender.hidden_reason is null
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
    inserted.created_at,
    sender.hidden_reason,
    membership.sender_blocked
from sender
left join membership on true
left join inserted on true
