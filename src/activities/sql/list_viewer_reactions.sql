-- What users made of activities. For item n: the reactions of the user with Cognito id $1[n] to the activities
-- $2[$3[n]] to $2[$4[n]]. `ordinal` is the item's number, from 1.
select
    item.ordinal,
    reaction.activity_uuid,
    reaction.kind
from unnest($1::text[], $3::integer[], $4::integer[])
    with ordinality as item (subject, first, last, ordinal)
-- offset 0, here and below, makes PostgreSQL look up each item in the index, even when the planner expects many items.
cross join lateral (
    select uuid
    from users
    where cognito_user_id = item.subject
    offset 0
) as viewer
cross join lateral (
    select
        activity_uuid,
        kind
    from reactions
    where user_uuid = viewer.uuid
        and activity_uuid = any(($2::uuid[])[item.first:item.last])
    offset 0
) as reaction
