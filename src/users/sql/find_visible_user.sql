-- The user with handle $1, in upper or lower case, unless the user is hidden.
select
    users.uuid,
    users.handle,
    users.display_name
from users
where lower(users.handle) = lower($1)
    and not exists (
        select
        from hidden_users
        where hidden_users.user_uuid = users.uuid
    )
