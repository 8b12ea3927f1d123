-- The cursors of the live activities that match the search term $1, newest first, $4 at most, among the $5 newest
-- activities before the cursor ($2 created_at, $3 uuid). It is for common words, which fill a page from these;
-- search_by_word.sql would have to sort all of their matches.
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
