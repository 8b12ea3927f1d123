-- The user with handle $1, in upper or lower case, hidden or not.
select
    uuid,
    handle,
    display_name
from users
where lower(handle) = lower($1)
