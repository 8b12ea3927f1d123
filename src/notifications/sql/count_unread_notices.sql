-- The number of notices of the user with Cognito id $1 that list_notices.sql shows and that lie after the user's read
-- mark. It counts $2 at most, and reads the latest $3 rows at most.
with asker as materialized (
    select
        users.uuid,
        coalesce(read_marks.created_at, '-infinity') as read_created_at,
        coalesce(read_marks.notice_uuid, '00000000-0000-0000-0000-000000000000') as read_uuid
    from users
    left join read_marks on read_marks.user_uuid = users.uuid
    where users.cognito_user_id = $1
)
select count(*) as unread
from (
    select
    from (
        select
            actor_uuid,
            activity_uuid
        from notices
        where user_uuid = (select uuid from asker)
            and (created_at, uuid) > ((select read_created_at from asker), (select read_uuid from asker))
        order by
            created_at desc,
            uuid desc
        -- In a subquery, as in list_notices.sql.
        limit (select $3::bigint)
    ) as latest
    -- offset 0 keeps each of these an index lookup for each row, so that PostgreSQL reads no more rows than it shows.
    where not exists (
            select
            from hidden_users
            where hidden_users.user_uuid = latest.actor_uuid
            offset 0
        )
        and not exists (
            select
            from blocks
            where blocks.blocker_uuid = (select uuid from asker)
                and blocks.blocked_uuid = latest.actor_uuid
            offset 0
        )
        and exists (
            select
            from reachable_activities
            where reachable_activities.uuid = latest.activity_uuid
            offset 0
        )
    limit $2
) as unread
