-- Keeps the answer $5 to the body with fingerprint $4, for the key $3 of subject $1 on route $2. One
-- that is there has outlived its 24 hours.
insert into idempotent_answers (subject, route, key, fingerprint, answer)
values ($1, $2, $3, $4, $5)
on conflict on constraint idempotent_answers_pkey do update
set
    fingerprint = excluded.fingerprint,
    answer = excluded.answer,
    created_at = excluded.created_at
