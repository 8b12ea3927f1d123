-- Deletes expired activities, $1 at most, the leaves of a thread first, so that a long thread is not one long
-- transaction. Skips rows that another server is deleting. A reply expires with its parent, so a live parent is
-- rarely left whose count has to go down.
with expired as (
    select uuid
    from activities
    where expires_at <= now()
        and not exists (
            select
            from activities as reply
            where reply.reply_to_activity_uuid = activities.uuid
        )
    order by expires_at
    limit $1
    for update skip locked
),
deleted as (
    delete from activities
    using expired
    where activities.uuid = expired.uuid
    returning activities.reply_to_activity_uuid
),
counted as (
    update activities
    set replies_count = replies_count - lost.replies
    from (
        select
            reply_to_activity_uuid,
            count(*) as replies
        from deleted
        where reply_to_activity_uuid is not null
        group by reply_to_activity_uuid
    ) as lost
    where activities.uuid = lost.reply_to_activity_uuid
        and (activities.expires_at is null or activities.expires_at > now())
)
select count(*) as deleted
from deleted
