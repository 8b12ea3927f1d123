-- The suspended users before the cursor ($1 suspended_at, $2 uuid), the latest suspension first, $3 at most.
select
    users.uuid,
    users.handle,
    users.display_name,
    users.created_at,
    hidden_users.hidden_at as suspended_at
from hidden_users
join users on users.uuid = hidden_users.user_uuid
where hidden_users.reason = 'suspended'
    and (hidden_users.hidden_at, hidden_users.user_uuid) < ($1, $2)
order by
    hidden_users.hidden_at desc,
    hidden_users.user_uuid desc
limit $3
