-- The user with Cognito id $1.
select uuid
from users
where cognito_user_id = $1
