-- Deletes expired activities without replies, $1 at most, with their reactions, $1 at most. Of an activity whose last
-- reply it deletes, it deletes the expired parent too. A thread is thus deleted from its last replies up, which keeps
-- transactions short. If there are more reactions, it deletes $1 of them and no activity. Rows that another transaction
-- has locked are skipped, and those in deleted_activities are left to delete_thread.sql. A reply expires with its
-- parent, so it is rare that a deleted reply must be subtracted from the count of a live parent. Returns the numbers of
-- deleted activities and reactions.
with recursive leaf as materialized (
    select
        uuid,
        reply_to_activity_uuid
    from activities
    where expires_at <= now()
        and not exists (
            select
            from activities as reply
            where reply.reply_to_activity_uuid = activities.uuid
        )
        and not exists (
            select
            from deleted_activities
            where deleted_activities.activity_uuid = activities.uuid
        )
    order by expires_at
    limit $1
    for update skip locked
),
-- From each leaf upwards, as long as the parent has no other reply.
branch as (
    select
        uuid,
        reply_to_activity_uuid,
        uuid as leaf,
        0 as height
    from leaf
    union all
    select
        parent.uuid,
        parent.reply_to_activity_uuid,
        branch.leaf,
        branch.height + 1
    from branch
    -- offset 0 keeps this an index lookup for each row, even when the planner expects many rows.
    cross join lateral (
        select
            activities.uuid,
            activities.reply_to_activity_uuid
        from activities
        where activities.uuid = branch.reply_to_activity_uuid
            and activities.expires_at <= now()
            and not exists (
                select
                from activities as sibling
                where sibling.reply_to_activity_uuid = activities.uuid
                    and sibling.uuid <> branch.uuid
            )
            and not exists (
                select
                from deleted_activities
                where deleted_activities.activity_uuid = activities.uuid
            )
        offset 0
    ) as parent
),
expired as materialized (
    select
        uuid,
        leaf,
        height
    from branch
    limit $1
),
locked as materialized (
    select
        uuid,
        likes_count + reposts_count > 0 as has_reactions
    from activities
    where uuid = any(array(select uuid from expired))
    for update skip locked
),
-- One more than this statement deletes: then it deletes no activity, because a deleted activity takes all of its
-- reactions along.
reaction as materialized (
    select reaction.row_id
    from locked
    cross join lateral (
        select ctid as row_id
        from reactions
        where activity_uuid = locked.uuid
        offset 0
    ) as reaction
    where locked.has_reactions
    limit $1 + 1
),
deleted_reaction as (
    delete from reactions
    where ctid = any(array(select row_id from reaction limit $1))
    returning activity_uuid
),
-- A row above one that is locked stays.
skipped as materialized (
    select
        expired.leaf,
        min(expired.height) as height
    from expired
    where expired.uuid not in (select uuid from locked)
    group by expired.leaf
),
deleted as (
    delete from activities
    where uuid = any(
        array(
            select expired.uuid
            from expired
            left join skipped on skipped.leaf = expired.leaf
            where skipped.leaf is null
                or expired.height < skipped.height
        )
    )
        and (select count(*) from reaction) <= $1
    returning reply_to_activity_uuid
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
select
    (select count(*) from deleted) as activities,
    (select count(*) from deleted_reaction) as reactions
