-- The Cognito id of the user with id $1.
select cognito_user_id
from users
where uuid = $1
