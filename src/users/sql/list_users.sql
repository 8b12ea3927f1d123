-- The first hundred users by handle, without hidden ones, for the development identity's list. No parameters.
select
    uuid,
    handle,
    display_name
from users
where not exists (
    select
    from hidden_users
    where hidden_users.user_uuid = users.uuid
)
order by lower(handle)
limit 100
