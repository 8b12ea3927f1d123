-- Gives the user with id $1 the Cognito id $2.
update users
set cognito_user_id = $2
where uuid = $1
