-- The user whose Cognito id is $1.
select
    uuid,
    handle,
    display_name
from users
where cognito_user_id = $1
