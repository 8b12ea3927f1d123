-- Moves the read mark of the user with Cognito id $1 forward to the user's notice $2. Returns a row when there is such
-- a notice, also where the mark is after it already.
with notice as (
    select
        notices.user_uuid,
        notices.created_at,
        notices.uuid
    from notices
    join users on users.uuid = notices.user_uuid
    where notices.uuid = $2
        and users.cognito_user_id = $1
),
moved as (
    insert into read_marks (user_uuid, created_at, notice_uuid)
    select
        user_uuid,
        created_at,
        uuid
    from notice
    on conflict (user_uuid) do update
    set
        created_at = excluded.created_at,
        notice_uuid = excluded.notice_uuid
    where (read_marks.created_at, read_marks.notice_uuid) < (excluded.created_at, excluded.notice_uuid)
)
select uuid
from notice
