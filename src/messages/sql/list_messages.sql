-- The messages of the message group $1 before the cursor ($2 created_at, $3 uuid), newest first, $4 at most. Those of a
-- member who has deleted the account are left out: each other member's messages are a range of an index.
select
    page.uuid,
    member.display_name,
    member.handle,
    page.message,
    page.created_at
from message_groups
cross join unnest(array[message_groups.first_user_uuid, message_groups.second_user_uuid]) as author (uuid)
cross join lateral names_of_user(author.uuid) as member
cross join lateral (
    select
        uuid,
        message,
        created_at
    from messages
    where messages.user_uuid = author.uuid
        and messages.message_group_uuid = $1
        and (messages.created_at, messages.uuid) < ($2, $3)
    order by
        created_at desc,
        uuid desc
    limit $4
) as page
where message_groups.uuid = $1
    and not exists (
        select
        from hidden_users
        where hidden_users.user_uuid = author.uuid
            and hidden_users.reason = 'deleted'
    )
order by
    page.created_at desc,
    page.uuid desc
limit $4
