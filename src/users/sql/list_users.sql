-- The first hundred users, for the development identity to choose from.
select
    uuid,
    handle,
    display_name
from users
order by lower(handle)
limit 100
