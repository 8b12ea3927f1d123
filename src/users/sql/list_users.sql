-- The first hundred users by handle, for the development identity's list. No parameters.
select
    uuid,
    handle,
    display_name
from users
order by lower(handle)
limit 100
