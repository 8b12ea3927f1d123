-- The benchmarks' data: :users users and :activities live top-level activities of about 110
-- characters, one in ten with 1 to 5 replies, spread over the last 29 days.
set synchronous_commit = off;

insert into users (cognito_user_id, handle, display_name)
select
    'bench:' || n,
    'bench_' || n,
    'Bench User ' || n
from generate_series(1, :users) as n
on conflict do nothing;

create temporary table author as
select
    uuid,
    row_number() over (order by uuid) as n
from users
where cognito_user_id like 'bench:%';
create unique index on author (n);
analyze author;

insert into activities (user_uuid, message, created_at, expires_at)
select
    author.uuid,
    'Activity ' || spread.n || ' ' || repeat(md5(spread.n::text), 3),
    now() - spread.age,
    now() - spread.age + interval '30 days'
from (
    select
        n,
        1 + (n::bigint * 7919) % :users as author_n,
        n * (interval '29 days' / :activities) as age
    from generate_series(1, :activities) as n
) as spread
join author on author.n = spread.author_n;

insert into activities (user_uuid, message, created_at, expires_at, reply_to_activity_uuid)
select
    author.uuid,
    'Reply ' || reply.n || ' ' || repeat(md5(parent.uuid::text), 3),
    parent.created_at + reply.n * interval '1 second',
    parent.expires_at,
    parent.uuid
from (
    select
        uuid,
        created_at,
        expires_at,
        row_number() over () as n
    from activities
    where reply_to_activity_uuid is null and get_byte(uuid_send(uuid), 0) % 10 = 0
) as parent
cross join lateral generate_series(1, 1 + parent.n % 5) as reply (n)
join author on author.n = 1 + (parent.n * 31 + reply.n * 17) % :users;

update activities as parent
set replies_count = counted.replies
from (
    select
        reply_to_activity_uuid,
        count(*) as replies
    from activities
    where reply_to_activity_uuid is not null
    group by reply_to_activity_uuid
) as counted
where parent.uuid = counted.reply_to_activity_uuid;

vacuum analyze users, activities;
