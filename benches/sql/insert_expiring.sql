-- For psql: :rows top-level activities that were posted within a tenth of a second and expire after
-- an hour, from :moment on (seconds since 1970).
insert into activities (user_uuid, message, created_at, expires_at)
select
    md5('user ' || 1 + n % :users)::uuid,
    'Activity ' || n || ' ' || repeat(md5(n::text), 3),
    at - interval '1 hour',
    at
from generate_series(1, :rows) as n
cross join lateral (
    select to_timestamp(:moment) + n * (interval '0.1 seconds' / :rows) as at
) as expiry;
