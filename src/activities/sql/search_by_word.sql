-- The same as search_newest.sql among all activities, by the index of words: for what is rare. When $5
-- or more have the words, they are not brought up to be sorted: then one row of nulls.
with matching as materialized (
    select
        activity_uuid,
        created_at
    from activity_documents
    where document @@ (select search_query($1))
),
-- A limit of its own: with it in `matching` a planner would read the whole table until it is reached.
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
        -- offset 0: the order first, so that only what is shown is looked up.
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
