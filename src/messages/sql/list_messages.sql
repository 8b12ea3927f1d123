-- The messages of the message group $1 before the cursor ($2 created_at, $3 uuid), newest first, $4 at most.
select
    messages.uuid,
    author.display_name,
    author.handle,
    messages.message,
    messages.created_at
from messages
cross join lateral names_of_user(messages.user_uuid) as author
where messages.message_group_uuid = $1
    and (messages.created_at, messages.uuid) < ($2, $3)
order by
    messages.created_at desc,
    messages.uuid desc
limit $4
