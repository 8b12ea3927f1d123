-- The names of those of the users $1 who are not hidden; has_activities is false for who has written nothing, such as a
-- new user.
select
    users.uuid,
    users.handle,
    users.display_name,
    exists (
        select
        from activities
        where activities.user_uuid = users.uuid
    ) as has_activities
from users
where users.uuid = any($1)
    and not exists (
        select
        from hidden_users
        where hidden_users.user_uuid = users.uuid
    )
