-- Deletes the row of the deleted user with id $1, if no other row of the user is left that has to be deleted in parts.
-- Skips it while another server is deleting it.
delete from users
where uuid = (
    select user_uuid
    from hidden_users
    where user_uuid = $1
        and reason = 'deleted'
        and not exists (select from activities where activities.user_uuid = $1)
        and not exists (select from reactions where reactions.user_uuid = $1)
        and not exists (select from notifications where notifications.user_uuid = $1)
        and not exists (select from notices where notices.user_uuid = $1)
        and not exists (select from blocks where blocks.blocker_uuid = $1)
        and not exists (select from blocks where blocks.blocked_uuid = $1)
        and not exists (select from messages where messages.user_uuid = $1)
        and not exists (select from message_groups where first_user_uuid = $1)
        and not exists (select from message_groups where second_user_uuid = $1)
    for update skip locked
)
