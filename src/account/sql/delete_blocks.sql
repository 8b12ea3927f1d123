-- Deletes blocks by and against the deleted user with id $1, $2 of each at most, and returns the larger number. Skips
-- rows that another server is deleting.
with made as materialized (
    select blocked_uuid
    from blocks
    where blocker_uuid = $1
    limit $2
    for update skip locked
),
suffered as materialized (
    select blocker_uuid
    from blocks
    where blocked_uuid = $1
    limit $2
    for update skip locked
),
deleted_made as (
    delete from blocks
    where blocker_uuid = $1
        and blocked_uuid = any(array(select blocked_uuid from made))
    returning blocked_uuid
),
deleted_suffered as (
    delete from blocks
    where blocked_uuid = $1
        and blocker_uuid = any(array(select blocker_uuid from suffered))
    returning blocker_uuid
)
select
    greatest(
        (select count(*) from deleted_made),
        (select count(*) from deleted_suffered)
    ) as deleted
