-- The message groups of the user with Cognito id $1 before the cursor ($2 last_message_at, $3 uuid), the one with the
-- latest message first, $4 at most, each with the other member and the latest message. When the other member has
-- deleted the account, the names are null, and the messages of that member are left out; a group without messages of the
-- user is left out then.
with asker as (
    select uuid
    from users
    where cognito_user_id = $1
),
-- A user is the first member of some groups and the second of others. Each kind has an index, which returns one page.
as_first as (
    select
        ordered.uuid,
        other.uuid as other_uuid,
        ordered.last_message_at
    from (
        select
            uuid,
            first_user_uuid as own_uuid,
            second_user_uuid as other_uuid,
            last_message_at
        from message_groups
        where first_user_uuid = (select uuid from asker)
            and (last_message_at, uuid) < ($2, $3)
        order by
            last_message_at desc,
            uuid desc
        -- offset 0 makes PostgreSQL sort first, so that it looks up only the rows of the page.
        offset 0
    ) as ordered
    cross join lateral (
        select
            case
                when not exists (
                    select
                    from hidden_users
                    where hidden_users.user_uuid = ordered.other_uuid
                        and hidden_users.reason = 'deleted'
                ) then ordered.other_uuid
            end as uuid
        offset 0
    ) as other
    where other.uuid is not null
        or exists (
            select
            from messages
            where messages.user_uuid = ordered.own_uuid
                and messages.message_group_uuid = ordered.uuid
            offset 0
        )
    order by
        ordered.last_message_at desc,
        ordered.uuid desc
    limit $4
),
as_second as (
    select
        ordered.uuid,
        other.uuid as other_uuid,
        ordered.last_message_at
    from (
        select
            uuid,
            second_user_uuid as own_uuid,
            first_user_uuid as other_uuid,
            last_message_at
        from message_groups
        where second_user_uuid = (select uuid from asker)
            and (last_message_at, uuid) < ($2, $3)
        order by
            last_message_at desc,
            uuid desc
        -- offset 0 makes PostgreSQL sort first, so that it looks up only the rows of the page.
        offset 0
    ) as ordered
    cross join lateral (
        select
            case
                when not exists (
                    select
                    from hidden_users
                    where hidden_users.user_uuid = ordered.other_uuid
                        and hidden_users.reason = 'deleted'
                ) then ordered.other_uuid
            end as uuid
        offset 0
    ) as other
    where other.uuid is not null
        or exists (
            select
            from messages
            where messages.user_uuid = ordered.own_uuid
                and messages.message_group_uuid = ordered.uuid
            offset 0
        )
    order by
        ordered.last_message_at desc,
        ordered.uuid desc
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
left join lateral names_of_user(page.other_uuid) as other on true
-- What each member has written is a range of an index.
cross join lateral (
    select latest.message
    from unnest(array[(select uuid from asker), page.other_uuid]) as author (uuid)
    cross join lateral (
        select
            message,
            created_at,
            uuid
        from messages
        where messages.user_uuid = author.uuid
            and messages.message_group_uuid = page.uuid
        order by
            created_at desc,
            uuid desc
        limit 1
    ) as latest
    order by
        latest.created_at desc,
        latest.uuid desc
    limit 1
) as last_message
order by
    page.last_message_at desc,
    page.uuid desc
