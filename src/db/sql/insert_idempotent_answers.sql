-- Stores the answers $5[n] to the bodies with fingerprints $4[n], for the keys $3[n] of subjects $1[n] on routes
-- $2[n]. An answer that exists is older than 24 hours and is replaced.
insert into idempotent_answers (subject, route, key, fingerprint, answer)
select
    subject,
    route,
    key,
    fingerprint,
    answer
from unnest($1::text[], $2::text[], $3::text[], $4::bytea[], $5::bytea[])
    as kept (subject, route, key, fingerprint, answer)
on conflict on constraint idempotent_answers_pkey do update
set
    fingerprint = excluded.fingerprint,
    answer = excluded.answer,
    created_at = excluded.created_at
