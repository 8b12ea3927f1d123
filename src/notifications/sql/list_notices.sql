-- The notices of the user with Cognito id $1 before the cursor ($2 created_at, $3 uuid), the latest first, $4 at most.
-- Notices by hidden users, by users whom the user has blocked, and of activities that are not reachable are left out.
-- At most $5 rows are read: if they have fewer than $4 notices to show and older rows are left, the last row has no
-- kind and is the cursor from which to go on.
with asker as materialized (
    select
        users.uuid,
        read_marks.created_at as read_created_at,
        read_marks.notice_uuid as read_uuid
    from users
    left join read_marks on read_marks.user_uuid = users.uuid
    where users.cognito_user_id = $1
),
shown as materialized (
    select
        latest.uuid,
        latest.kind,
        latest.actor_uuid,
        latest.activity_uuid,
        latest.created_at
    from (
        select
            uuid,
            kind,
            actor_uuid,
            activity_uuid,
            created_at
        from notices
        where user_uuid = (select uuid from asker)
            and (created_at, uuid) < ($2, $3)
        order by
            created_at desc,
            uuid desc
        -- In a subquery the planner does not know the number, and reads the index in order instead of sorting all rows
        -- of the user.
        limit (select $5::bigint)
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
    order by
        latest.created_at desc,
        latest.uuid desc
    limit $4
)
select
    shown.uuid,
    shown.kind,
    actor.uuid as actor_uuid,
    actor.handle,
    actor.display_name,
    shown.activity_uuid,
    shown.created_at,
    coalesce((shown.created_at, shown.uuid) <= (asker.read_created_at, asker.read_uuid), false) as is_read
from shown
cross join asker
join users as actor on actor.uuid = shown.actor_uuid
union all
(
    select
        uuid,
        null as kind,
        null as actor_uuid,
        null as handle,
        null as display_name,
        activity_uuid,
        created_at,
        null as is_read
    from notices
    where user_uuid = (select uuid from asker)
        and (created_at, uuid) < ($2, $3)
        and (select count(*) from shown) < $4
    order by
        created_at desc,
        uuid desc
    limit 1
    offset (select $5::bigint - 1)
)
order by
    created_at desc,
    uuid desc
