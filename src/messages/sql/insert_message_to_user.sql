-- Stores the message $3 of the user with Cognito id $1 to the user with handle $2. If their message group does not
-- exist, it is created, and new_group_uuid is its id. Returns no row when no user has the Cognito id; hidden_reason is
-- why the sender is hidden; is_sender is null when no user has the handle, true when the sender has it; sender_blocked
-- is true when the receiver has blocked the sender. In each of these cases no message is stored.
--
-- When several first messages are sent at once, the unique constraint of the pair lets one of them insert the group;
-- the others wait for it and update the group. last_message_at is set while the group is locked, so that the messages
-- of a group have different times, in the order in which they are stored.
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
receiver as (
    select
        users.uuid,
        exists (
            select
            from blocks
            where blocks.blocker_uuid = users.uuid
                and blocks.blocked_uuid = sender.uuid
        ) as sender_blocked
    from sender
    join users on lower(users.handle) = lower($2)
),
message_group as (
    insert into message_groups (first_user_uuid, second_user_uuid, last_message_at)
    select
        least(sender.uuid, receiver.uuid),
        greatest(sender.uuid, receiver.uuid),
        clock_timestamp()
    from sender
    cross join receiver
    where sender.uuid <> receiver.uuid
        and sender.hidden_reason is null
        and not receiver.sender_blocked
    on conflict on constraint message_groups_pair_key do update
    set last_message_at = greatest(
        clock_timestamp(),
        message_groups.last_message_at + interval '1 microsecond'
    )
    returning
        uuid,
        last_message_at,
        -- The update of an existing row locks it, which sets xmax; an inserted row has xmax 0.
        xmax = 0 as is_new
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
    receiver.uuid = sender.uuid as is_sender,
    receiver.sender_blocked,
    case when message_group.is_new then message_group.uuid end as new_group_uuid
from sender
left join receiver on true
left join message_group on true
left join inserted on true
