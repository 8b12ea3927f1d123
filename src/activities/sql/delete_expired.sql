-- Deletes expired activities without replies, $1 at most, and returns their number. A thread is thus deleted from its
-- last replies up, which keeps transactions short. Rows that another server is deleting are skipped. A reply expires
-- with its parent, so it is rare that a deleted reply must be subtracted from the count of a live parent.
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
