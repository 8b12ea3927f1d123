-- Deletes reactions of the deleted user with id $1, $2 at most, and returns their number; a trigger subtracts them from
-- the counts of their activities. The reactions to an activity that another transaction has locked are skipped.
with own as materialized (
    select
        activity_uuid,
        kind
    from reactions
    where user_uuid = $1
    limit $2
),
locked as materialized (
    select uuid
    from activities
    where uuid = any(array(select activity_uuid from own))
    for no key update skip locked
),
deleted as (
    delete from reactions
    using own
    where reactions.user_uuid = $1
        and reactions.activity_uuid = own.activity_uuid
        and reactions.kind = own.kind
        and own.activity_uuid in (select uuid from locked)
    returning reactions.activity_uuid
)
select count(*) as deleted
from deleted
