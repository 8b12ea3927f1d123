-- The worst cases, on top of data.sql: user `bench_busy` with :activities posts, a thread of theirs with
-- :activities / 10 replies, and as many posts, the newest of all, that lived for an hour and have just
-- expired. This user likes :activities / 10 activities, and every user likes the thread. Triggers are off, because
-- search is not measured here.
set synchronous_commit = off;
set session_replication_role = replica;

insert into users (cognito_user_id, handle, display_name)
values ('bench:busy', 'bench_busy', 'Bench User Busy');

insert into activities (user_uuid, message, created_at, expires_at)
select
    users.uuid,
    'Post ' || n,
    now() - spread.age,
    now() - spread.age + interval '30 days'
from users
cross join generate_series(1, :activities) as n
cross join lateral (
    select interval '2 hours' + n * (interval '28 days' / :activities) as age
) as spread
where users.handle = 'bench_busy';

with thread as (
    insert into activities (user_uuid, message, replies_count, created_at, expires_at)
    select
        uuid,
        'A thread',
        :activities / 10,
        now() - interval '25 days',
        now() + interval '5 days'
    from users
    where handle = 'bench_busy'
    returning
        uuid,
        user_uuid,
        created_at,
        expires_at
)
insert into activities (user_uuid, message, created_at, expires_at, reply_to_activity_uuid)
select
    user_uuid,
    'Reply ' || n,
    created_at + n * interval '1 second',
    expires_at,
    uuid
from thread
cross join generate_series(1, :activities / 10) as n;

insert into activities (user_uuid, message, created_at, expires_at)
select
    users.uuid,
    'Short-lived ' || n,
    expiry.at - interval '1 hour',
    expiry.at
from users
cross join generate_series(1, :activities / 10) as n
cross join lateral (
    select now() - n * interval '1 microsecond' as at
) as expiry
where users.handle = 'bench_busy';

insert into reactions (user_uuid, activity_uuid, kind, created_at)
select
    users.uuid,
    md5('activity ' || n)::uuid,
    'like',
    now() - n * interval '1 second'
from users
cross join generate_series(1, :activities / 10) as n
where users.handle = 'bench_busy';

insert into reactions (user_uuid, activity_uuid, kind, created_at)
select
    users.uuid,
    activities.uuid,
    'like',
    now() - row_number() over () * interval '1 second'
from users
cross join activities
where activities.message = 'A thread';

vacuum analyze users, activities, reactions;
