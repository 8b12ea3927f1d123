-- The profile of the user with handle $1, in upper or lower case, with the number of the user's live top-level
-- activities; next_expiry is when the first live activity of the user expires, null when none does; `started_at`
-- identifies the database server. No row for a hidden user.
select
    users.uuid,
    users.handle,
    users.display_name,
    users.bio,
    cruds_count(users.uuid) as cruds_count,
    users.created_at,
    next_expiry(users.uuid) as next_expiry,
    pg_postmaster_start_time() as started_at
from users
where lower(users.handle) = lower($1)
    and not exists (
        select
        from hidden_users
        where hidden_users.user_uuid = users.uuid
    )
