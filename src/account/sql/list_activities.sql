-- The activities of the user with id $1 that have not expired, top-level ones and replies, in the order of their expiry:
-- those after the cursor ($2 expiry, $3 uuid), $4 at most. It reads the table, because live_activities does not have the
-- activities of a suspended user. `expiry` is `infinity` for an activity that never expires.
select
    uuid,
    message,
    replies_count,
    reposts_count,
    likes_count,
    reply_to_activity_uuid,
    expires_at,
    created_at,
    coalesce(expires_at, 'infinity') as expiry
from activities
where user_uuid = $1
    and coalesce(expires_at, 'infinity') > now()
    and (coalesce(expires_at, 'infinity'), uuid) > ($2, $3)
order by
    coalesce(expires_at, 'infinity'),
    uuid
limit $4
