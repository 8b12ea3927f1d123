-- The cursors of the live activities that match the search term $1 before the cursor ($2 created_at, $3 uuid), newest
-- first, $4 at most. It reads every match from the search index, which is fast for a rare word; search_newest.sql is
-- for common ones. When the search index has $5 or more matches, it returns one row of nulls instead of sorting them.
with matching as materialized (
    select
        activity_uuid,
        created_at
    from activity_documents
    where document @@ (select search_query($1))
),
-- The limit has a subquery of its own, because in `matching` it would make the planner scan the table.
candidate as materialized (
    select
        activity_uuid,
        created_at
    from matching
    limit $5
)
(
    select
        ordered.created_at,
        ordered.activity_uuid as uuid
    from (
        select
            activity_uuid,
            created_at
        from candidate
        where (created_at, activity_uuid) < ($2, $3)
            and (select count(*) from candidate) < $5
        order by
            created_at desc,
            activity_uuid desc
        -- offset 0 makes PostgreSQL sort first, so that it looks up only the rows of the page in activities.
        offset 0
    ) as ordered
    where exists (
        select
        from reachable_activities
        where reachable_activities.uuid = ordered.activity_uuid
        offset 0
    )
    order by
        ordered.created_at desc,
        ordered.activity_uuid desc
    limit $4
)
union all
select null, null
where (select count(*) from candidate) >= $5
