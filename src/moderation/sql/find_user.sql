-- The user with handle $1, in upper or lower case, and since when the user is suspended. No row when no user has the
-- handle or the user has deleted the account.
select
    users.uuid,
    users.handle,
    users.display_name,
    users.created_at,
    hidden_users.hidden_at as suspended_at
from users
left join hidden_users on hidden_users.user_uuid = users.uuid
where lower(users.handle) = lower($1)
    and hidden_users.reason is distinct from 'deleted'
