-- What is kept for each key $3[n] of subject $1[n] on route $2[n], by its place from 1.
select
    asked.ordinal,
    answered.fingerprint,
    answered.answer
from unnest($1::text[], $2::text[], $3::text[])
    with ordinality as asked (subject, route, key, ordinal)
-- offset 0: a look-up for each key, however many the planner expects.
cross join lateral (
    select
        fingerprint,
        answer
    from idempotent_answers
    where subject = asked.subject
        and route = asked.route
        and key = asked.key
        and created_at > now() - interval '24 hours'
    offset 0
) as answered
