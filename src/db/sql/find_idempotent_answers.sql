-- The stored answers to the keys $3[n] of subjects $1[n] on routes $2[n]. `ordinal` is n, from 1; no row for a key
-- without an answer.
select
    request.ordinal,
    answered.fingerprint,
    answered.answer
from unnest($1::text[], $2::text[], $3::text[])
    with ordinality as request (subject, route, key, ordinal)
-- offset 0 makes PostgreSQL look up each key in the index, whatever number of rows the planner expects.
cross join lateral (
    select
        fingerprint,
        answer
    from idempotent_answers
    where subject = request.subject
        and route = request.route
        and key = request.key
        and created_at > now() - interval '24 hours'
    offset 0
) as answered
