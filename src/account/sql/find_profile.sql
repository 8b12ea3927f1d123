-- The user with Cognito id $1, hidden or not, for the user's export.
select
    uuid,
    handle,
    display_name,
    bio,
    created_at
from users
where cognito_user_id = $1
