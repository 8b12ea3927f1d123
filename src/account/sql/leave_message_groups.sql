-- Removes the deleted user with id $1 from message groups, $2 at most, and returns their number. A group without messages
-- is deleted; in any other group the user becomes null, and the other member keeps what they wrote. Does nothing as long
-- as messages of the user are left. Skips rows that another transaction has locked.
with own as materialized (
    select uuid
    from message_groups
    where $1 in (first_user_uuid, second_user_uuid)
        and not exists (select from messages where messages.user_uuid = $1)
    limit $2
    for update skip locked
),
known as materialized (
    select
        own.uuid,
        messages.are_left
    from own
    -- offset 0 keeps this an index lookup for each row, even when the planner expects many rows.
    cross join lateral (
        select exists (
            select
            from messages
            where message_group_uuid = own.uuid
        ) as are_left
        offset 0
    ) as messages
),
deleted as (
    delete from message_groups
    where uuid = any(array(select uuid from known where not are_left))
),
left_behind as (
    update message_groups
    set
        first_user_uuid = nullif(first_user_uuid, $1),
        second_user_uuid = nullif(second_user_uuid, $1)
    where uuid = any(array(select uuid from known where are_left))
)
select count(*) as deleted
from own
