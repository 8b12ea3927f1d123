-- Deletes the account of the user with Cognito id $1, if $2 is the user's handle, in upper or lower case: hides the
-- user, removes what names the user from the row in users, and deletes up to 1,000 stored answers to the user's writes.
-- The purge deletes further answers and all other rows. Returns no row when no user has the Cognito id. Nothing is
-- deleted when is_suspended is true or is_confirmed is false.
with target as materialized (
    select
        users.uuid,
        users.handle,
        exists (
            select
            from hidden_users
            where hidden_users.user_uuid = users.uuid
                and hidden_users.reason = 'suspended'
        ) as is_suspended,
        lower(users.handle) = lower($2) as is_confirmed
    from users
    where users.cognito_user_id = $1
    for update of users
),
doomed as materialized (
    select uuid
    from target
    where is_confirmed
        and not is_suspended
),
hidden as (
    insert into hidden_users (user_uuid, reason)
    select
        uuid,
        'deleted'
    from doomed
    -- An operator has suspended the user at the same time.
    on conflict on constraint hidden_users_pkey do update
    set
        reason = excluded.reason,
        hidden_at = excluded.hidden_at
),
-- No client can foresee the handle, so that none can take it before.
renamed as (
    update users
    set
        cognito_user_id = 'deleted:' || users.uuid,
        handle = 'deleted_' || left(replace(gen_random_uuid()::text, '-', ''), 22),
        display_name = 'Deleted user',
        bio = '',
        email = null
    from doomed
    where users.uuid = doomed.uuid
),
answered as materialized (
    select
        route,
        key
    from idempotent_answers
    where subject = $1
        and exists (select from doomed)
    limit 1000
    for update skip locked
),
forgotten as (
    delete from idempotent_answers
    using answered
    where idempotent_answers.subject = $1
        and idempotent_answers.route = answered.route
        and idempotent_answers.key = answered.key
),
recorded as (
    insert into deleted_accounts (subject_hash, subject)
    select
        sha256(convert_to($1, 'UTF8')),
        case when (select count(*) from answered) = 1000 then $1 end
    from doomed
    on conflict on constraint deleted_accounts_pkey do update
    set
        deleted_at = excluded.deleted_at,
        subject = excluded.subject
)
select
    handle,
    is_suspended,
    is_confirmed
from target
