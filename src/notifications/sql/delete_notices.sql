-- Deletes at most $1 notices of deleted activities, and the rows of notice_deletions that are done. Returns the number
-- of deleted notices. Skips the activities whose notices another server is deleting.
with deletion as materialized (
    select activity_uuid
    from notice_deletions
    limit $1
    for update skip locked
),
doomed as materialized (
    select notice.uuid
    from deletion
    -- offset 0, here and below, keeps this an index lookup for each row, even when the planner expects many rows.
    cross join lateral (
        select uuid
        from notices
        where notices.activity_uuid = deletion.activity_uuid
        limit $1
        offset 0
    ) as notice
    limit $1
),
deleted as (
    delete from notices
    where uuid = any(array(select uuid from doomed))
    returning uuid
),
done as (
    delete from notice_deletions
    where activity_uuid = any(
        array(
            select deletion.activity_uuid
            from deletion
            where not exists (
                select
                from notices
                where notices.activity_uuid = deletion.activity_uuid
                    and notices.uuid not in (select uuid from doomed)
                offset 0
            )
        )
    )
)
select count(*) as deleted
from deleted
