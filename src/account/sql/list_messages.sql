-- The messages that the user with id $1 has written, by message group and time: those after the cursor ($2
-- message_group_uuid, $3 created_at, $4 uuid), $5 at most. `receiver` is null when that user has deleted the account.
select
    messages.uuid,
    messages.message_group_uuid,
    receiver.handle as receiver,
    messages.message,
    messages.created_at
from messages
left join lateral (
    select other.handle
    from message_groups
    join users as other
        on other.uuid in (message_groups.first_user_uuid, message_groups.second_user_uuid)
        and other.uuid <> $1
    where message_groups.uuid = messages.message_group_uuid
        and not exists (
            select
            from hidden_users
            where hidden_users.user_uuid = other.uuid
                and hidden_users.reason = 'deleted'
        )
) as receiver on true
where messages.user_uuid = $1
    and (messages.message_group_uuid, messages.created_at, messages.uuid) > ($2, $3, $4)
order by
    messages.message_group_uuid,
    messages.created_at,
    messages.uuid
limit $5
