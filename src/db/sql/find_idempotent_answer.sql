-- What is kept for the key $3 of subject $1 on route $2.
select
    fingerprint,
    answer
from idempotent_answers
where subject = $1
    and route = $2
    and key = $3
    and created_at > now() - interval '24 hours'
