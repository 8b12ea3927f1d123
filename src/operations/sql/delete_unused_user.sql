-- Deletes the user with id $1, unless the user has written or liked something or has got a message.
delete from users
where uuid = $1
    and not exists (select from activities where activities.user_uuid = $1)
    and not exists (select from reactions where reactions.user_uuid = $1)
    and not exists (select from message_groups where first_user_uuid = $1)
    and not exists (select from message_groups where second_user_uuid = $1)
