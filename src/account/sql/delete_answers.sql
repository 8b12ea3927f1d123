-- Deletes stored answers to writes of one deleted account from before its deletion, $1 at most, and returns their
-- number. When there are fewer, the Cognito id of the account is forgotten. Skips accounts on which another server works.
with account as materialized (
    select
        subject_hash,
        subject,
        deleted_at
    from deleted_accounts
    where subject is not null
    order by deleted_at
    limit 1
    for update skip locked
),
answered as materialized (
    select
        idempotent_answers.subject,
        idempotent_answers.route,
        idempotent_answers.key
    from account
    join idempotent_answers on idempotent_answers.subject = account.subject
    where idempotent_answers.created_at < account.deleted_at
    limit $1
),
deleted as (
    delete from idempotent_answers
    using answered
    where idempotent_answers.subject = answered.subject
        and idempotent_answers.route = answered.route
        and idempotent_answers.key = answered.key
),
forgotten as (
    update deleted_accounts
    set subject = null
    from account
    where deleted_accounts.subject_hash = account.subject_hash
        and (select count(*) from answered) < $1
)
select count(*) as deleted
from answered
