-- Blocks the user with handle $2, in upper or lower case, for the user with Cognito id $1, who may block $3 users.
-- Returns no row when no user has the Cognito id; hidden_reason is why the user is hidden; handle is null when no user
-- has the handle or that user has deleted the account; is_blocker is true when both are the same user; is_full is true
-- when the user has blocked $3 others. In each of these cases nothing is stored.
with blocker as (
    select
        uuid,
        (
            select reason
            from hidden_users
            where hidden_users.user_uuid = users.uuid
        ) as hidden_reason
    from users
    where cognito_user_id = $1
),
target as (
    select
        users.uuid,
        users.handle,
        users.uuid = blocker.uuid as is_blocker,
        exists (
            select
            from blocks
            where blocks.blocker_uuid = blocker.uuid
                and blocks.blocked_uuid = users.uuid
        ) as is_blocked
    from blocker
    join users on lower(users.handle) = lower($2)
    where not exists (
        select
        from hidden_users
        where hidden_users.user_uuid = users.uuid
            and hidden_users.reason = 'deleted'
    )
),
size as (
    select count(*) >= $3 as is_full
    from (
        select
        from blocks
        where blocker_uuid = (select uuid from blocker)
        limit $3
    ) as counted
),
inserted as (
    insert into blocks (blocker_uuid, blocked_uuid)
    select
        blocker.uuid,
        target.uuid
    from blocker
    cross join target
    cross join size
    where blocker.hidden_reason is null
        and not target.is_blocker
        and not target.is_blocked
        and not size.is_full
    -- A concurrent statement has stored the same block.
    on conflict on constraint blocks_pkey do nothing
)
select
    blocker.hidden_reason,
    target.handle,
    target.is_blocker,
    not target.is_blocked and size.is_full as is_full
from blocker
cross join size
left join target on true
