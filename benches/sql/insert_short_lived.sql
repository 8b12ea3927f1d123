-- For psql: :rows top-level activities that expire every 20 milliseconds from three seconds from now on. Prints their ids
-- and expiries in seconds since 1970.
insert into activities (user_uuid, message, created_at, expires_at)
select
    md5('user ' || 1 + n % :users)::uuid,
    'Activity ' || n,
    now() - interval '1 hour',
    now() + interval '3 seconds' + n * interval '20 milliseconds'
from generate_series(1, :rows) as n
returning uuid, extract(epoch from expires_at)
