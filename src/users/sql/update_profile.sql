-- Sets the display name $2 and the bio $3 of the user with Cognito id $1. No row when no user has that id;
-- hidden_reason is why the user is hidden, and then nothing is changed.
with author as (
    select
        uuid,
        (
            select reason
            from hidden_users
            where hidden_users.user_uuid = users.uuid
        ) as hidden_reason
    from users
    where cognito_user_id = $1
),
updated as (
    update users
    set
        display_name = $2,
        bio = $3
    from author
    where users.uuid = author.uuid
        and author.hidden_reason is null
    returning
        users.uuid,
        users.handle,
        users.display_name
)
select
    author.hidden_reason,
    updated.uuid,
    updated.handle,
    updated.display_name
from author
left join updated on true
