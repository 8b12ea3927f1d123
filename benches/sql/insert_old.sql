-- For psql: :rows top-level activities that are older than all others and have words that no other has. `0` and
-- `chapter0` are in the same quarter of them, `0` and `chapter1` in none.
insert into activities (user_uuid, message, created_at, expires_at)
select
    md5('user ' || 1 + n % :users)::uuid,
    'Tale ' || n % 4 || ' chapter' || n % 4,
    now() - interval '29 days' - n * interval '1 second',
    now() + interval '1 day'
from generate_series(1, :rows) as n;
