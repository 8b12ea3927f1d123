-- The reactions of all users to the activities $1, at most $2 of them. `activity` is the activity's place in $1, from 1.
select
    reactor.cognito_user_id as subject,
    item.activity,
    reaction.kind
from unnest($1::uuid[])
    with ordinality as item (uuid, activity)
-- offset 0 makes PostgreSQL look up each activity in the index.
cross join lateral (
    select
        user_uuid,
        kind
    from reactions
    where activity_uuid = item.uuid
    offset 0
) as reaction
join users as reactor on reactor.uuid = reaction.user_uuid
limit $2
