-- Suspends the user with handle $1, in upper or lower case, and returns the user; a suspended user stays so since the
-- first time. No row when no user has the handle or the user has deleted the account.
with target as (
    select
        uuid,
        handle,
        display_name,
        created_at
    from users
    where lower(handle) = lower($1)
),
-- The update changes nothing, but returns the row.
suspended as (
    insert into hidden_users (user_uuid, reason)
    select
        uuid,
        'suspended'
    from target
    on conflict on constraint hidden_users_pkey do update
    set reason = 'suspended'
    where hidden_users.reason = 'suspended'
    returning hidden_at
)
select
    target.uuid,
    target.handle,
    target.display_name,
    target.created_at,
    suspended.hidden_at as suspended_at
from target
cross join suspended
