-- The places of the live activities that answer the search term $1 before the place ($2 created_at,
-- $3 uuid), newest first, $4 at most, among the newest $5 from there on. A common word fills its
-- page here, where the index of words would bring up all of its activities to be sorted.
select
    newest.created_at,
    newest.activity_uuid as uuid
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
-- The query is made once, not for every row.
where newest.document @@ (select search_query($1))
    and exists (
        select
        from live_activities
        where live_activities.uuid = newest.activity_uuid
        offset 0
    )
order by
    newest.created_at desc,
    newest.activity_uuid desc
limit $4
