-- Likes of every writer to a third of the newest hundred activities, and to 200 others.
insert into reactions (user_uuid, activity_uuid, kind)
select
    md5('user ' || user_number)::uuid,
    md5('activity ' || activity_number)::uuid,
    'like'
from generate_series(1, :writers) as user_number
cross join lateral (
    select n as activity_number
    from generate_series(1, 100) as n
    where (n + user_number) % 3 = 0
    union all
    select 100 + n * 40 as activity_number
    from generate_series(1, 200) as n
) as liked;
