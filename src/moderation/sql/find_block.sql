-- Whether the user with Cognito id $1 has blocked the user with handle $2, in upper or lower case. No row when no user
-- has the handle or that user has deleted the account.
select
    target.handle,
    exists (
        select
        from blocks
        join users as blocker on blocker.uuid = blocks.blocker_uuid
        where blocker.cognito_user_id = $1
            and blocks.blocked_uuid = target.uuid
    ) as blocked
from users as target
where lower(target.handle) = lower($2)
    and not exists (
        select
        from hidden_users
        where hidden_users.user_uuid = target.uuid
            and hidden_users.reason = 'deleted'
    )
