-- Deletes activities of the deleted user with id $1, $2 at most, and subtracts them from the counts of their parents.
-- `chosen` is their number, `deleted` how many of them are deleted. An activity with replies is marked as deleted
-- instead (see deleted_activities), and the purge of activities deletes it with the replies below it. While it has a
-- thousand threads to delete, this statement waits, so that the requests that look into deleted_activities find few. An
-- activity is skipped while another transaction has locked it or its parent.
with own as materialized (
    select
        uuid,
        reply_to_activity_uuid
    from activities
    where user_uuid = $1
        -- The expiry of a marked activity.
        and coalesce(expires_at, 'infinity') > 'epoch'
        and (select count(*) from (select from deleted_activities limit 1000) as marked) < 1000
    order by
        coalesce(expires_at, 'infinity'),
        uuid
    limit $2
    for update skip locked
),
parent as materialized (
    select uuid
    from activities
    where uuid = any(array(select reply_to_activity_uuid from own))
    for no key update skip locked
),
chosen as materialized (
    select
        own.uuid,
        own.reply_to_activity_uuid,
        replies.has_replies
    from own
    -- offset 0 keeps this an index lookup for each row, even when the planner expects many rows.
    cross join lateral (
        select exists (
            select
            from activities
            where reply_to_activity_uuid = own.uuid
        ) as has_replies
        offset 0
    ) as replies
    where own.reply_to_activity_uuid is null
        or own.reply_to_activity_uuid in (select uuid from parent)
),
deleted as (
    delete from activities
    where uuid = any(array(select uuid from chosen where not has_replies))
    returning uuid
),
marked as (
    update activities
    set expires_at = 'epoch'
    where uuid = any(array(select uuid from chosen where has_replies))
    returning uuid
),
pending as (
    insert into deleted_activities (activity_uuid)
    select uuid
    from marked
    on conflict do nothing
),
-- A parent that this statement marks is updated once only.
counted as (
    update activities
    set replies_count = replies_count - lost.replies
    from (
        select
            reply_to_activity_uuid,
            count(*) as replies
        from chosen
        where reply_to_activity_uuid not in (select uuid from chosen)
        group by reply_to_activity_uuid
    ) as lost
    where activities.uuid = lost.reply_to_activity_uuid
)
select
    (select count(*) from chosen) as chosen,
    (select count(*) from deleted) as deleted
