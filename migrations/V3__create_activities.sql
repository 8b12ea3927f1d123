-- A crud: a short post that expires. A reply is an activity that answers another and inherits
-- its expiry.
create table activities (
    uuid                   uuid        not null default gen_random_uuid(),
    user_uuid              uuid        not null,
    message                text        not null,
    replies_count          integer     not null default 0,
    reposts_count          integer     not null default 0,
    likes_count            integer     not null default 0,
    reply_to_activity_uuid uuid,
    expires_at             timestamptz,
    created_at             timestamptz not null default now(),

    constraint activities_pkey primary key (uuid),
    constraint activities_user_uuid_fkey
        foreign key (user_uuid) references users (uuid) on delete cascade,
    constraint activities_reply_to_activity_uuid_fkey
        foreign key (reply_to_activity_uuid) references activities (uuid) on delete cascade,
    constraint activities_message_length check (
        char_length(message) between 1 and
            case when reply_to_activity_uuid is null then 280 else 1024 end
    ),
    constraint activities_counts_not_negative check (
        replies_count >= 0 and reposts_count >= 0 and likes_count >= 0
    )
);

-- How long an activity lives: one of the seven times to live, in hours, or 0 for any other time and
-- for ever.
create function hours_to_live(created_at timestamptz, expires_at timestamptz) returns integer
language sql immutable parallel safe
as $$
    select case expires_at - created_at
        when interval '720 hours' then 720
        when interval '168 hours' then 168
        when interval '72 hours' then 72
        when interval '24 hours' then 24
        when interval '12 hours' then 12
        when interval '3 hours' then 3
        when interval '1 hour' then 1
        else 0
    end
$$;

-- Home: everyone's top-level activities, newest first, apart for each time to live: see live_home. The
-- expiry at the end, here and below, is there to pass over what has expired without a look at its row.
create index activities_home_idx
    on activities (
        hours_to_live(created_at, expires_at),
        created_at desc,
        uuid desc,
        coalesce(expires_at, 'infinity')
    )
    where reply_to_activity_uuid is null;

-- How many live how long: of a partial index the planner keeps no such count.
create statistics activities_hours_to_live on hours_to_live(created_at, expires_at) from activities;

-- A user's page: the same for one author.
create index activities_by_user_idx
    on activities (user_uuid, created_at desc, uuid desc, coalesce(expires_at, 'infinity'))
    where reply_to_activity_uuid is null;

-- A thread: direct replies, oldest first; a feed reads it backwards for the latest three.
create index activities_thread_idx
    on activities (reply_to_activity_uuid, created_at, uuid)
    where reply_to_activity_uuid is not null;

-- The purge of what has expired.
create index activities_expired_idx
    on activities (expires_at)
    where expires_at is not null;

-- What anybody may see. An activity is gone the instant its time has passed by this database's
-- clock; the row goes later.
create view live_activities as
select
    uuid,
    user_uuid,
    message,
    replies_count,
    reposts_count,
    likes_count,
    reply_to_activity_uuid,
    expires_at,
    created_at
from activities
where coalesce(expires_at, 'infinity') > now();

-- The live top-level activities before a place; 101 of each time to live, a page at most. Of one time to
-- live those that are left are the newest: a range of activities_home_idx that ends where the expired
-- begin, so it costs nothing how many they are. Whoever reads newest first merges eight ranges; only
-- the last has both. The limits are constants because they, and not the statistics, make the planner
-- read the ranges in order.
create function live_home(page_created_at timestamptz, page_uuid uuid) returns setof live_activities
language sql stable
as $$
    (
        select live_activities.*
        from live_activities
        where reply_to_activity_uuid is null
            and hours_to_live(created_at, expires_at) = 720
            and created_at > now() - interval '720 hours'
            and (created_at, uuid) < (page_created_at, page_uuid)
        order by
            created_at desc,
            uuid desc
        limit 101
    )
    union all
    (
        select live_activities.*
        from live_activities
        where reply_to_activity_uuid is null
            and hours_to_live(created_at, expires_at) = 168
            and created_at > now() - interval '168 hours'
            and (created_at, uuid) < (page_created_at, page_uuid)
        order by
            created_at desc,
            uuid desc
        limit 101
    )
    union all
    (
        select live_activities.*
        from live_activities
        where reply_to_activity_uuid is null
            and hours_to_live(created_at, expires_at) = 72
            and created_at > now() - interval '72 hours'
            and (created_at, uuid) < (page_created_at, page_uuid)
        order by
            created_at desc,
            uuid desc
        limit 101
    )
    union all
    (
        select live_activities.*
        from live_activities
        where reply_to_activity_uuid is null
            and hours_to_live(created_at, expires_at) = 24
            and created_at > now() - interval '24 hours'
            and (created_at, uuid) < (page_created_at, page_uuid)
        order by
            created_at desc,
            uuid desc
        limit 101
    )
    union all
    (
        select live_activities.*
        from live_activities
        where reply_to_activity_uuid is null
            and hours_to_live(created_at, expires_at) = 12
            and created_at > now() - interval '12 hours'
            and (created_at, uuid) < (page_created_at, page_uuid)
        order by
            created_at desc,
            uuid desc
        limit 101
    )
    union all
    (
        select live_activities.*
        from live_activities
        where reply_to_activity_uuid is null
            and hours_to_live(created_at, expires_at) = 3
            and created_at > now() - interval '3 hours'
            and (created_at, uuid) < (page_created_at, page_uuid)
        order by
            created_at desc,
            uuid desc
        limit 101
    )
    union all
    (
        select live_activities.*
        from live_activities
        where reply_to_activity_uuid is null
            and hours_to_live(created_at, expires_at) = 1
            and created_at > now() - interval '1 hour'
            and (created_at, uuid) < (page_created_at, page_uuid)
        order by
            created_at desc,
            uuid desc
        limit 101
    )
    union all
    (
        select live_activities.*
        from live_activities
        where reply_to_activity_uuid is null
            and hours_to_live(created_at, expires_at) = 0
            and (created_at, uuid) < (page_created_at, page_uuid)
        order by
            created_at desc,
            uuid desc
        limit 101
    )
$$;
