-- The id of the message group of the user with Cognito id $1 and the user with id $2. No row before their first
-- message.
select message_groups.uuid
from users as asker
join message_groups
    on message_groups.first_user_uuid = least(asker.uuid, $2)
    and message_groups.second_user_uuid = greatest(asker.uuid, $2)
where asker.cognito_user_id = $1
