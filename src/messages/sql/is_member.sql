-- One row when the user with Cognito id $1 is a member of the message group $2, else none.
select message_groups.uuid
from message_groups
join users as asker
    on asker.uuid in (message_groups.first_user_uuid, message_groups.second_user_uuid)
where message_groups.uuid = $2
    and asker.cognito_user_id = $1
