-- Looks which activities of one segment of the search index still exist, of the segment that has been due for longest.
-- If half of them are deleted, or any while the segment is more than a day old, the segment is deleted and the rest goes
-- back to the tail, from which it is indexed again. Returns how many activities were looked at; 0 if no segment is due,
-- or while another server uses the lock of index_search_tail.sql.
with turn as materialized (
    select pg_try_advisory_xact_lock(126879263777640) as is_mine
),
due as materialized (
    select
        segment,
        activities,
        indexed_at
    from search_segments
    where due_at <= now()
        and (select is_mine from turn)
    order by due_at
    limit 1
),
existing as materialized (
    select
        written.uuid,
        written.created_at,
        written.expires_at,
        greatest(octet_length(written.message), 256) as weight
    from due
    join search_blocks on search_blocks.segment = due.segment
    cross join lateral unnest(search_blocks.activity_uuids) as noted (uuid)
    -- offset 0: a look-up for each row, however many the planner expects.
    cross join lateral (
        select
            uuid,
            message,
            expires_at,
            created_at
        from activities
        where activities.uuid = noted.uuid
        offset 0
    ) as written
),
outcome as materialized (
    select
        due.segment,
        due.activities,
        counted.existing < due.activities
            and (counted.existing * 2 <= due.activities or due.indexed_at < now() - interval '1 day') as is_outdated,
        counted.quarter_expires_at
    from due
    cross join (
        select
            count(*) as existing,
            percentile_disc(0.25) within group (order by coalesce(expires_at, 'infinity')) as quarter_expires_at
        from existing
    ) as counted
),
kept as (
    update search_segments
    set due_at = least(
        now() + interval '10 minutes',
        greatest(now(), outcome.quarter_expires_at) + interval '15 seconds'
    )
    from outcome
    where search_segments.segment = outcome.segment
        and not outcome.is_outdated
),
-- What another server has deleted since this statement began is not deleted again, and does not go to the tail again.
removed as (
    delete from search_segments
    using outcome
    where search_segments.segment = outcome.segment
        and outcome.is_outdated
    returning search_segments.segment
),
removed_blocks as (
    delete from search_blocks
    where segment = (select segment from removed)
),
removed_words as (
    delete from search_words
    where segment = (select segment from removed)
),
returned as (
    insert into search_tail (newest, oldest, activities, weight, activity_uuids)
    select
        max(existing.created_at),
        min(existing.created_at),
        count(*),
        sum(existing.weight),
        array_agg(existing.uuid)
    from existing
    cross join removed
    having count(*) > 0
)
select coalesce((select activities from outcome), 0)::bigint as activities
