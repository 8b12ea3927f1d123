-- One like per transaction, for pgbench: the statement of a server that stores each like separately. All clients like
-- the same activity; a user who likes it already undoes the like. The triggers of `reactions` change the count.
\set user random(1, :writers)
with reactor as (
    select uuid
    from users
    where cognito_user_id = 'bench:' || :user
),
undone as (
    delete from reactions
    using reactor
    where reactions.user_uuid = reactor.uuid
        and reactions.activity_uuid = md5('activity 1')::uuid
        and reactions.kind = 'like'
    returning reactions.user_uuid
),
made as (
    insert into reactions (user_uuid, activity_uuid, kind)
    select
        uuid,
        md5('activity 1')::uuid,
        'like'
    from reactor
    where not exists (select from undone)
    on conflict do nothing
    returning user_uuid
)
select
    activity.uuid,
    author.display_name,
    author.handle,
    activity.message,
    activity.replies_count,
    activity.reposts_count,
    activity.likes_count + (select count(*) from made) - (select count(*) from undone) as likes_count,
    activity.reply_to_activity_uuid,
    activity.expires_at,
    activity.created_at
from live_activities as activity
join users as author on author.uuid = activity.user_uuid
where activity.uuid = md5('activity 1')::uuid;
