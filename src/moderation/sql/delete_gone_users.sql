-- Deletes the names of users who have deleted their account 24 hours ago, $1 at most. Skips rows that another server is
-- deleting.
with old as materialized (
    select user_uuid
    from gone_users
    where gone_at <= now() - interval '24 hours'
    order by gone_at
    limit $1
    for update skip locked
)
delete from gone_users
where user_uuid = any(array(select user_uuid from old))
