-- Unblocks the user with handle $2, in upper or lower case, for the user with Cognito id $1. Returns no row when no user
-- has the handle or that user has deleted the account.
with target as (
    select
        uuid,
        handle
    from users
    where lower(handle) = lower($2)
        and not exists (
            select
            from hidden_users
            where hidden_users.user_uuid = users.uuid
                and hidden_users.reason = 'deleted'
        )
),
deleted as (
    delete from blocks
    using users as blocker, target
    where blocker.cognito_user_id = $1
        and blocks.blocker_uuid = blocker.uuid
        and blocks.blocked_uuid = target.uuid
)
select handle
from target
