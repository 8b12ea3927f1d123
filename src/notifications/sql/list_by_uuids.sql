-- The notices with the ids $1 and their receivers, in no order. Those that list_notices.sql leaves out are left out: by
-- hidden users, by users whom the receiver has blocked, and of activities that are not reachable.
select
    notices.user_uuid,
    notices.uuid,
    notices.kind,
    actor.uuid as actor_uuid,
    actor.handle,
    actor.display_name,
    notices.activity_uuid,
    notices.created_at,
    coalesce((notices.created_at, notices.uuid) <= (read_marks.created_at, read_marks.notice_uuid), false) as is_read
from notices
join users as actor on actor.uuid = notices.actor_uuid
left join read_marks on read_marks.user_uuid = notices.user_uuid
where notices.uuid = any($1)
    and not exists (
        select
        from hidden_users
        where hidden_users.user_uuid = notices.actor_uuid
    )
    and not exists (
        select
        from blocks
        where blocks.blocker_uuid = notices.user_uuid
            and blocks.blocked_uuid = notices.actor_uuid
    )
    and exists (
        select
        from reachable_activities
        where reachable_activities.uuid = notices.activity_uuid
    )
