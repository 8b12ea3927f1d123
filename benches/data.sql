-- The benchmarks' data: :users users and :activities live top-level activities of about 110
-- characters, one in ten with 1 to 5 replies, spread over 29 days up to two hours ago. The uuid of
-- the n-th user is md5('user n') and that of the n-th activity md5('activity n'): as scattered as
-- random ones, and computable from n.
set synchronous_commit = off;

insert into users (uuid, cognito_user_id, handle, display_name)
select
    md5('user ' || n)::uuid,
    'bench:' || n,
    'bench_' || n,
    'Bench User ' || n
from generate_series(1, :users) as n
on conflict do nothing;

insert into activities (uuid, user_uuid, message, created_at, expires_at)
select
    md5('activity ' || n)::uuid,
    md5('user ' || 1 + (n::bigint * 7919) % :users)::uuid,
    'Activity ' || n || ' ' || repeat(md5(n::text), 3),
    now() - age,
    now() - age + interval '30 days'
from generate_series(1, :activities) as n
cross join lateral (
    select interval '2 hours' + n * (interval '29 days' / :activities) as age
) as spread;

insert into activities (user_uuid, message, created_at, expires_at, reply_to_activity_uuid)
select
    md5('user ' || 1 + (parent.n * 31 + reply.n * 17) % :users)::uuid,
    'Reply ' || reply.n || ' ' || repeat(md5(parent.uuid::text), 3),
    parent.created_at + reply.n * interval '1 second',
    parent.expires_at,
    parent.uuid
from (
    select
        uuid,
        created_at,
        expires_at,
        row_number() over (order by uuid) as n
    from activities
    where reply_to_activity_uuid is null and get_byte(uuid_send(uuid), 0) % 10 = 0
) as parent
cross join lateral generate_series(1, 1 + parent.n % 5) as reply (n);

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

vacuum analyze users, activities, search_tail, notifications;
