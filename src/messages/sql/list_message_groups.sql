-- The message groups of the user with Cognito id $1 before the cursor ($2 last_message_at, $3 uuid), the one with the
-- latest message first, $4 at most, each with the other member and the latest message.
with asker as (
    select uuid
    from users
    where cognito_user_id = $1
),
-- A user is the first member of some groups and the second of others. Each kind has an index, which returns one page.
as_first as (
    select
        uuid,
        second_user_uuid as other_uuid,
        last_message_at
    from message_groups
    where first_user_uuid = (select uuid from asker)
        and (last_message_at, uuid) < ($2, $3)
    order by
        last_message_at desc,
        uuid desc
    limit $4
),
as_second as (
    select
        uuid,
        first_user_uuid as other_uuid,
        last_message_at
    from message_groups
    where second_user_uuid = (select uuid from asker)
        and (last_message_at, uuid) < ($2, $3)
    order by
        last_message_at desc,
        uuid desc
    limit $4
),
page as (
    select
        uuid,
        other_uuid,
        last_message_at
    from (
        select * from as_first
        union all
        select * from as_second
    ) as either_side
    order by
        last_message_at desc,
        uuid desc
    limit $4
)
select
    page.uuid,
    other.display_name,
    other.handle,
    last_message.message,
    page.last_message_at as created_at
from page
cross join lateral names_of_user(page.other_uuid) as other
cross join lateral (
    select message
    from messages
    where message_group_uuid = page.uuid
    order by
        created_at desc,
        uuid desc
    limit 1
) as last_message
order by
    page.last_message_at desc,
    page.uuid desc
