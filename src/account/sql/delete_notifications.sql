-- Deletes notifications of the deleted user with id $1, $2 at most, and returns their number. Skips rows that another
-- server is deleting.
with own as materialized (
    select
        created_at,
        activity_uuid
    from notifications
    where user_uuid = $1
    limit $2
    for update skip locked
),
deleted as (
    delete from notifications
    using own
    where notifications.user_uuid = $1
        and notifications.created_at = own.created_at
        and notifications.activity_uuid = own.activity_uuid
    returning notifications.activity_uuid
)
select count(*) as deleted
from deleted
