-- The messages with the ids $1, with the members of their groups and the receiver's handle, in no order. Those of a member
-- who has deleted the account are left out.
select
    messages.uuid,
    sender.display_name,
    sender.handle,
    messages.message,
    messages.created_at,
    messages.message_group_uuid,
    message_groups.first_user_uuid,
    message_groups.second_user_uuid,
    receiver.handle as receiver_handle
from messages
join message_groups on message_groups.uuid = messages.message_group_uuid
cross join lateral names_of_user(messages.user_uuid) as sender
left join users as receiver
    on receiver.uuid = case
        when message_groups.first_user_uuid = messages.user_uuid then message_groups.second_user_uuid
        else message_groups.first_user_uuid
    end
    and not exists (
        select
        from hidden_users
        where hidden_users.user_uuid = receiver.uuid
            and hidden_users.reason = 'deleted'
    )
where messages.uuid = any($1)
    and not exists (
        select
        from hidden_users
        where hidden_users.user_uuid = messages.user_uuid
            and hidden_users.reason = 'deleted'
    )
