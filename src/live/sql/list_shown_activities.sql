-- The activities with the ids $1 that can be read, without replies, in no order: user_uuid is the author, the columns
-- from `under` on are those of list_home.sql.
select
    activity.user_uuid,
    null::uuid as under,
    activity.uuid,
    author.display_name,
    author.handle,
    activity.message,
    activity.replies_count,
    activity.reposts_count,
    activity.likes_count,
    activity.reply_to_activity_uuid,
    activity.expires_at,
    activity.created_at
from reachable_activities as activity
cross join lateral names_of_user(activity.user_uuid) as author
where activity.uuid = any($1)
