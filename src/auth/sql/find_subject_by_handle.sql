-- The Cognito id of the user with handle $1, in upper or lower case.
select cognito_user_id
from users
where lower(handle) = lower($1)
