-- Deletes answers that are older than 24 hours, $1 at most. Skips rows that another server is deleting.
with old as (
    select
        subject,
        route,
        key
    from idempotent_answers
    where created_at <= now() - interval '24 hours'
    order by created_at
    limit $1
    for update skip locked
)
delete from idempotent_answers
using old
where idempotent_answers.subject = old.subject
    and idempotent_answers.route = old.route
    and idempotent_answers.key = old.key
