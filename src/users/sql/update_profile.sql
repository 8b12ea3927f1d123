-- Sets the display name $2 and the bio $3 of the user with Cognito id $1. No row when no user has that id.
update users
set
    display_name = $2,
    bio = $3
where cognito_user_id = $1
returning
    uuid,
    handle,
    display_name
