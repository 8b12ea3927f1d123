-- The user with handle $1, in upper or lower case.
select
    uuid,
    handle,
    display_name
from users
where lower(handle) = lower($1)
