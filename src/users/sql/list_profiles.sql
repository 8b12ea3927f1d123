-- The profiles of the users with handles $1[n], in upper or lower case. `ordinal` is n, from 1; the other columns are
-- those of find_profile.sql. No row for a handle without a user and for a hidden user.
select
    request.ordinal,
    author.uuid,
    author.handle,
    author.display_name,
    author.bio,
    cruds_count(author.uuid) as cruds_count,
    author.created_at,
    next_expiry(author.uuid) as next_expiry,
    pg_postmaster_start_time() as started_at
from unnest($1::text[]) with ordinality as request (handle, ordinal)
-- offset 0 makes PostgreSQL look up each handle in the index, even when the planner expects many handles.
cross join lateral (
    select
        uuid,
        handle,
        display_name,
        bio,
        created_at
    from users
    where lower(handle) = lower(request.handle)
        and not exists (
            select
            from hidden_users
            where hidden_users.user_uuid = users.uuid
        )
    offset 0
) as author
