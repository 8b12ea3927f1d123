-- The Cognito id of user $1.
select cognito_user_id
from users
where uuid = $1
