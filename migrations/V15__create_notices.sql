-- Notices: each tells a user that another user has replied to, mentioned, liked or reposted. Triggers write and delete
-- them in the statement that changes the activities or reactions, whichever program sends it.

create table notices (
    uuid          uuid        not null default gen_random_uuid(),
    user_uuid     uuid        not null,
    kind          text        not null,
    actor_uuid    uuid        not null,
    activity_uuid uuid        not null,
    created_at    timestamptz not null,

    constraint notices_kind_known check (kind in ('reply', 'mention', 'like', 'repost'))
);

-- Writes wait until this file is done, so that each activity is either copied below or seen by a trigger. They lock the
-- tables in this order, too.
lock table activities, reactions, notifications in share row exclusive mode;

-- What was written before: `notifications`, which the previous release reads, has the replies and mentions. A reply
-- that also mentions the author whom it answers is one notice. Half a million rows and their indexes take two seconds.
insert into notices (user_uuid, kind, actor_uuid, activity_uuid, created_at)
select
    notifications.user_uuid,
    case when parent.user_uuid = notifications.user_uuid then 'reply' else 'mention' end,
    activities.user_uuid,
    notifications.activity_uuid,
    notifications.created_at
from notifications
join activities on activities.uuid = notifications.activity_uuid
left join activities as parent on parent.uuid = activities.reply_to_activity_uuid;

-- There is no foreign key to the activity: an activity may have a hundred thousand notices, which no request has the
-- time to delete. It needs none to the actor either, because an actor's notices are deleted with the actor's activities
-- and reactions.
alter table notices
    add constraint notices_pkey primary key (uuid),
    add constraint notices_user_uuid_fkey
        foreign key (user_uuid) references users (uuid) on delete cascade;

-- A user's notices, the latest first.
create index notices_user_uuid_idx on notices (user_uuid, created_at desc, uuid desc);

-- The notice of a like or repost, and all notices of an activity.
create index notices_activity_uuid_idx on notices (activity_uuid, kind, actor_uuid);

-- Up to which of their notices each user has read.
create table read_marks (
    user_uuid   uuid        not null,
    created_at  timestamptz not null,
    notice_uuid uuid        not null,

    constraint read_marks_pkey primary key (user_uuid),
    constraint read_marks_user_uuid_fkey
        foreign key (user_uuid) references users (uuid) on delete cascade
);

-- The deleted activities whose notices the purge still has to delete.
create table notice_deletions (
    activity_uuid uuid not null,

    constraint notice_deletions_pkey primary key (activity_uuid)
);

-- The trigger activities_describe finds out whom a new activity concerns and inserts into notifications. Most
-- activities concern no other user, and then this trigger does not run.
create function insert_notices_of_activities() returns trigger
language plpgsql
as $$
begin
    insert into notices (user_uuid, kind, actor_uuid, activity_uuid, created_at)
    select
        concerned.user_uuid,
        case when parent.user_uuid = concerned.user_uuid then 'reply' else 'mention' end,
        activity.user_uuid,
        concerned.activity_uuid,
        concerned.created_at
    from concerned
    -- offset 0, here and below, keeps this an index lookup for each row, even when the planner expects many rows.
    cross join lateral (
        select
            user_uuid,
            reply_to_activity_uuid
        from activities
        where uuid = concerned.activity_uuid
        offset 0
    ) as activity
    left join lateral (
        select user_uuid
        from activities
        where uuid = activity.reply_to_activity_uuid
        offset 0
    ) as parent on true;

    return null;
end
$$;

create trigger notifications_insert_notices
after insert on notifications
referencing new table as concerned
for each statement execute function insert_notices_of_activities();

-- PostgreSQL runs this after reactions_count_made, which locks the activity until the commit. The clock, and not the
-- beginning of the transaction, is therefore the order in which the notices of an activity become visible.
create function insert_notices_of_reactions() returns trigger
language plpgsql
as $$
begin
    insert into notices (user_uuid, kind, actor_uuid, activity_uuid, created_at)
    select
        activity.user_uuid,
        made.kind,
        made.user_uuid,
        made.activity_uuid,
        clock_timestamp()
    from made
    cross join lateral (
        select user_uuid
        from activities
        where uuid = made.activity_uuid
        offset 0
    ) as activity
    where activity.user_uuid <> made.user_uuid;

    return null;
end
$$;

create trigger reactions_insert_notices
after insert on reactions
referencing new table as made
for each statement execute function insert_notices_of_reactions();

-- The settings, here and below: a plan is made once for a connection, and this one always looks up row by row.
create function delete_notices_of_reactions() returns trigger
language plpgsql
set enable_hashjoin = off
set enable_mergejoin = off
set enable_seqscan = off
as $$
begin
    delete from notices
    using undone
    where notices.activity_uuid = undone.activity_uuid
        and notices.kind = undone.kind
        and notices.actor_uuid = undone.user_uuid
        -- The purge deletes the notices of an activity that is deleted.
        and exists (
            select
            from activities
            where activities.uuid = undone.activity_uuid
            offset 0
        );

    return null;
end
$$;

create trigger reactions_delete_notices
after delete on reactions
referencing old table as undone
for each statement execute function delete_notices_of_reactions();

create function queue_notice_deletions() returns trigger
language plpgsql
set enable_hashjoin = off
set enable_mergejoin = off
set enable_seqscan = off
as $$
begin
    insert into notice_deletions (activity_uuid)
    select uuid
    from gone
    where exists (
        select
        from notices
        where notices.activity_uuid = gone.uuid
        offset 0
    )
    on conflict do nothing;

    return null;
end
$$;

create trigger activities_queue_notice_deletions
after delete on activities
referencing old table as gone
for each statement execute function queue_notice_deletions();
