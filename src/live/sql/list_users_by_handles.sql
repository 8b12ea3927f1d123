-- The users with the handles $1, in lower case, who are not hidden.
select users.uuid
from users
where lower(users.handle) = any($1)
    and not exists (
        select
        from hidden_users
        where hidden_users.user_uuid = users.uuid
    )
