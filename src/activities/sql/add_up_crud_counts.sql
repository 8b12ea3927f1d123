-- Adds at most $1 rows of crud_count_changes to crud_counts, and returns their number. Skips rows that another server
-- is adding.
with change as (
    select ctid as row_id
    from crud_count_changes
    limit $1
    for update skip locked
),
taken as (
    delete from crud_count_changes
    where ctid = any(array(select row_id from change))
    returning
        user_uuid,
        cruds
),
-- All servers add in the same order, so that they do not deadlock. A deleted user has no count.
added as (
    insert into crud_counts (user_uuid, cruds)
    select
        taken.user_uuid,
        sum(taken.cruds)
    from taken
    join users on users.uuid = taken.user_uuid
    group by taken.user_uuid
    order by taken.user_uuid
    on conflict (user_uuid) do update
    set cruds = crud_counts.cruds + excluded.cruds
)
select count(*) as changes
from taken
