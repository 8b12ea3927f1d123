-- Reinstates the user with handle $1, in upper or lower case, suspended or not, and returns the user. No row when no
-- user has the handle or the user has deleted the account.
with target as (
    select
        uuid,
        handle,
        display_name,
        created_at
    from users
    where lower(handle) = lower($1)
        and not exists (
            select
            from hidden_users
            where hidden_users.user_uuid = users.uuid
                and hidden_users.reason = 'deleted'
        )
),
deleted as (
    delete from hidden_users
    using target
    where hidden_users.user_uuid = target.uuid
        and hidden_users.reason = 'suspended'
)
select
    uuid,
    handle,
    display_name,
    created_at,
    null::timestamptz as suspended_at
from target
