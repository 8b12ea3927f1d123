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

-- Home: everyone's top-level activities, newest first.
create index activities_home_idx
    on activities (created_at desc, uuid desc)
    where reply_to_activity_uuid is null;

-- A user's page: the same for one author.
create index activities_by_user_idx
    on activities (user_uuid, created_at desc, uuid desc)
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
where expires_at is null or expires_at > now();
