-- Among the $5 newest activities before the cursor ($2 created_at, $3 uuid): the cursors of the live ones that match
-- the search term $1, newest first, $4 at most, with is_found true. If they are fewer than $4 and older activities are
-- left, the last row has is_found false and the cursor from which to go on. Without $5 it reads all activities before
-- the cursor. It is for common words, which fill a page from the newest activities; search_by_word.sql would have to
-- sort all of their matches.
with found as materialized (
    select
        newest.created_at,
        newest.activity_uuid
    from (
        select
            activity_uuid,
            created_at,
            document
        from activity_documents
        where (created_at, activity_uuid) < ($2, $3)
        order by
            created_at desc,
            activity_uuid desc
        limit $5
    ) as newest
    -- In a subquery the term is parsed once, otherwise for every row.
    where newest.document @@ (select search_query($1))
        and exists (
            select
            from reachable_activities
            where reachable_activities.uuid = newest.activity_uuid
            offset 0
        )
    order by
        newest.created_at desc,
        newest.activity_uuid desc
    limit $4
)
select
    created_at,
    activity_uuid as uuid,
    true as is_found
from found
union all
(
    select
        created_at,
        activity_uuid as uuid,
        false as is_found
    from activity_documents
    where (created_at, activity_uuid) < ($2, $3)
        and $5 is not null
        and (select count(*) from found) < $4
    order by
        created_at desc,
        activity_uuid desc
    limit 1
    offset $5 - 1
)
