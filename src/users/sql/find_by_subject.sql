-- The user with Cognito id $1.
select
    uuid,
    handle,
    display_name
from users
where cognito_user_id = $1
