-- Deletes rows of the thread of the deleted activity $1: replies without replies below them, $2 rows at most, and the
-- activity itself when no reply is left, with their reactions, $2 at most. Of a row whose last reply it deletes, it
-- deletes the parent too, so that a long chain of replies takes few statements. If there are more reactions, it deletes
-- $2 of them and no activity. It looks for such rows among the 10,000 nearest below $1; when they all have replies,
-- `deeper` is the last of them, from which to go on. Rows that another transaction has locked are skipped. `activities`
-- and `reactions` are the numbers of deleted rows. They are gone since $3, which is $1 or an activity above it, was
-- deleted: the trigger that copies deleted rows reads that time in the setting.
with recursive thread as (
    select
        uuid,
        reply_to_activity_uuid
    from activities
    where uuid = $1
    union all
    select
        reply.uuid,
        thread.uuid
    from thread
    -- offset 0, here and below, keeps this an index lookup for each row, even when the planner expects many rows.
    cross join lateral (
        select uuid
        from activities
        where reply_to_activity_uuid = thread.uuid
        offset 0
    ) as reply
),
near as (
    select
        uuid,
        reply_to_activity_uuid,
        row_number() over () as number
    from thread
    limit 10000
),
leaf as materialized (
    select
        near.uuid,
        near.reply_to_activity_uuid
    from near
    cross join lateral (
        select exists (
            select
            from activities
            where reply_to_activity_uuid = near.uuid
        ) as has_replies
        offset 0
    ) as replies
    where not replies.has_replies
    limit $2
),
locked_leaf as materialized (
    select uuid
    from activities
    where uuid = any(array(select uuid from leaf))
    for update skip locked
),
-- From each leaf upwards, as long as the parent has no other reply.
branch as (
    select
        leaf.uuid,
        leaf.reply_to_activity_uuid,
        leaf.uuid as leaf,
        0 as height
    from leaf
    join locked_leaf on locked_leaf.uuid = leaf.uuid
    union all
    select
        parent.uuid,
        parent.reply_to_activity_uuid,
        branch.leaf,
        branch.height + 1
    from branch
    cross join lateral (
        select
            activities.uuid,
            activities.reply_to_activity_uuid
        from activities
        where activities.uuid = branch.reply_to_activity_uuid
            and branch.uuid <> $1
            and not exists (
                select
                from activities as sibling
                where sibling.reply_to_activity_uuid = activities.uuid
                    and sibling.uuid <> branch.uuid
            )
        offset 0
    ) as parent
),
doomed as materialized (
    select
        uuid,
        leaf,
        height
    from branch
    limit $2
),
locked as materialized (
    select
        uuid,
        likes_count + reposts_count > 0 as has_reactions
    from activities
    where uuid = any(array(select uuid from doomed))
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
    limit $2 + 1
),
deleted_reaction as (
    delete from reactions
    where ctid = any(array(select row_id from reaction limit $2))
    returning activity_uuid
),
-- A row above one that is locked stays.
skipped as materialized (
    select
        doomed.leaf,
        min(doomed.height) as height
    from doomed
    where doomed.uuid not in (select uuid from locked)
    group by doomed.leaf
),
deleted as (
    delete from activities
    where uuid = any(
        array(
            select doomed.uuid
            from doomed
            left join skipped on skipped.leaf = doomed.leaf
            where skipped.leaf is null
                or doomed.height < skipped.height
        )
    )
        and (select count(*) from reaction) <= $2
    returning uuid
),
forgotten as (
    delete from deleted_activities
    where activity_uuid = $1
        and (
            exists (select from deleted where uuid = $1)
            or not exists (select from activities where uuid = $1)
        )
)
select
    (select count(*) from deleted) as activities,
    (select count(*) from deleted_reaction) as reactions,
    set_config(
        'cruddur.deleted_at',
        (
            select deleted_at::text
            from deleted_activities
            where activity_uuid = $3
        ),
        true
    ) as deleted_at,
    case
        when not exists (select from leaf) then (
            select uuid
            from near
            where uuid <> $1
            order by number desc
            limit 1
        )
    end as deeper
