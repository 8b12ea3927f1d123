-- The user with handle $1, in any case.
select
    uuid,
    handle,
    display_name
from users
where lower(handle) = lower($1)
