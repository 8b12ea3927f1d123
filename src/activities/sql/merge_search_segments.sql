-- Puts the activities of the four oldest small segments back into the tail, from which they are indexed again, together.
-- Returns the number of segments; 0 if there are fewer than four, or while another server uses the lock of
-- index_search_tail.sql.
with turn as materialized (
    select pg_try_advisory_xact_lock(126879263777640) as is_mine
),
small as materialized (
    select segment
    from search_segments
    where segment >= 1073741824
        and (select is_mine from turn)
    order by newest
    limit 4
),
-- What another server has deleted since this statement began is not deleted again, and does not go to the tail again.
removed as materialized (
    delete from search_segments
    using small
    where search_segments.segment = small.segment
        and (select count(*) from small) = 4
    returning search_segments.segment
),
existing as materialized (
    select
        removed.segment,
        written.uuid,
        written.created_at,
        greatest(octet_length(written.message), 256) as weight
    from removed
    join search_blocks on search_blocks.segment = removed.segment
    cross join lateral unnest(search_blocks.activity_uuids) as noted (uuid)
    -- offset 0: a look-up for each row, however many the planner expects.
    cross join lateral (
        select
            uuid,
            message,
            created_at
        from activities
        where activities.uuid = noted.uuid
        offset 0
    ) as written
),
removed_blocks as (
    delete from search_blocks
    where segment = any(array(select segment from removed))
),
removed_words as (
    delete from search_words
    where segment = any(array(select segment from removed))
),
returned as (
    insert into search_tail (newest, oldest, activities, weight, activity_uuids)
    select
        max(created_at),
        min(created_at),
        count(*),
        sum(weight),
        array_agg(uuid)
    from existing
    group by segment
)
select count(*) as segments
from removed
