-- The same as search_newest.sql among all activities, by the search index, for rare words: $1 the term, ($2 created_at,
-- $3 uuid) the cursor, $4 the most rows. Where $5 or more activities match, they are not sorted: one row of
-- nulls.
with matching as materialized (
    select
        activity_uuid,
        created_at
    from activity_documents
    where document @@ (select search_query($1))
),
-- The limit stands alone: in `matching` it would make the planner read the whole table up to the limit.
brought_up as materialized (
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
        from brought_up
        where (created_at, activity_uuid) < ($2, $3)
            and (select count(*) from brought_up) < $5
        order by
            created_at desc,
            activity_uuid desc
        -- offset 0 sorts first, so that only the rows of the page are looked up.
        offset 0
    ) as ordered
    where exists (
        select
        from live_activities
        where live_activities.uuid = ordered.activity_uuid
        offset 0
    )
    order by
        ordered.created_at desc,
        ordered.activity_uuid desc
    limit $4
)
union all
select null, null
where (select count(*) from brought_up) >= $5
