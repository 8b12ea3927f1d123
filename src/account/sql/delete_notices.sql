-- Deletes notices of the deleted user with id $1, $2 at most, and returns their number. Skips rows that another server is
-- deleting.
with own as materialized (
    select uuid
    from notices
    where user_uuid = $1
    limit $2
    for update skip locked
),
deleted as (
    delete from notices
    where uuid = any(array(select uuid from own))
    returning uuid
)
select count(*) as deleted
from deleted
