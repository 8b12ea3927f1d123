-- Deletes copies of activities that have been gone for 24 hours, $1 at most. Skips rows that another server is deleting.
with old as materialized (
    select uuid
    from gone_activities
    where gone_at <= now() - interval '24 hours'
    order by gone_at
    limit $1
    for update skip locked
)
delete from gone_activities
where uuid = any(array(select uuid from old))
