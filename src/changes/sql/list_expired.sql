-- The activities that expired after $1 and until $2, by their expiry, $3 at most; also those that the purge has deleted
-- since then. A deleted activity is not there.
select
    uuid,
    user_uuid,
    reply_to_activity_uuid,
    created_at,
    expires_at
from (
    select
        uuid,
        user_uuid,
        reply_to_activity_uuid,
        created_at,
        expires_at
    from activities
    where expires_at > $1
        and expires_at <= $2
    union all
    select
        gone.uuid,
        gone.user_uuid,
        gone.reply_to_activity_uuid,
        gone.created_at,
        gone.expires_at
    from changes
    cross join lateral unnest(uuids, user_uuids, parent_uuids, changes.created_at, changes.expires_at)
        as gone (uuid, user_uuid, reply_to_activity_uuid, created_at, expires_at)
    where changes.kind = 'activities_expired'
        and gone.expires_at > $1
        and gone.expires_at <= $2
) as expired
order by
    expires_at,
    uuid
limit $3
