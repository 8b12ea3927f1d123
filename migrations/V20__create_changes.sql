-- What has changed of what readers see. Triggers insert a row in the transaction of the change, whichever program sends
-- it. A server keeps answers in memory and asks this table, before it uses one, what has become visible since its last
-- look: the rows whose transactions the snapshot of that look did not show.
-- cruddur: allow role-or-schema: every account that may change a table must be able to insert its changes.

create table changes (
    -- The top-level transaction of the change.
    xid          xid8        not null default pg_current_xact_id(),
    -- Of two changes that waited for the same lock, the later one has the larger id.
    id           bigint      not null generated always as identity,
    kind         text        not null,
    -- Activities; notices, messages or message groups in the kinds that begin with these words.
    uuids        uuid[],
    -- Element n belongs to uuids[n]: the author; who reposted; who receives the notice or message. Users by themselves
    -- in the kinds that begin with users.
    user_uuids   uuid[],
    -- The activity that uuids[n] replies to; the message group of a message.
    parent_uuids uuid[],
    -- When uuids[n] was created.
    created_at   timestamptz[],
    -- When uuids[n] expires or has expired, of activities that are deleted or moved.
    expires_at   timestamptz[],
    -- The latest of expires_at, of expired activities that the purge has deleted.
    last_expiry  timestamptz,
    -- Of the users in user_uuids, those from before the change too.
    handles      text[],

    constraint changes_pkey primary key (xid, id),
    constraint changes_kind_known check (
        kind in (
            'activities_changed',
            'activities_created',
            'activities_deleted',
            'activities_expired',
            'activities_moved',
            'blocks_changed',
            'everything_changed',
            'message_groups_changed',
            'messages_created',
            'messages_deleted',
            'notices_created',
            'notices_deleted',
            'notices_read',
            'reposts_created',
            'reposts_deleted',
            'threads_deleted',
            'users_changed',
            'users_hidden',
            'users_shown'
        )
    )
);

-- The triggers run with the privileges of the account that changes a table, such as that of the Cognito trigger.
grant insert on changes to public;

-- The expired activities that are deleted already.
create index changes_last_expiry_idx on changes (last_expiry) where kind = 'activities_expired';

-- Snapshots that servers take once a minute. A row of changes is deleted when a snapshot that is old enough shows it:
-- its transaction may have been open for any time before.
create table change_horizons (
    taken_at   timestamptz not null default now(),
    snapshot   pg_snapshot not null default pg_current_snapshot(),
    -- Transaction ids of another database server mean nothing here; a restored dump may have some.
    started_at timestamptz not null default pg_postmaster_start_time(),

    constraint change_horizons_pkey primary key (taken_at)
);

-- Identifies the server since its last crash: recovery empties an unlogged table, and a standby that is promoted has it
-- empty. After a crash the server may give transaction ids again that a snapshot from before it shows as ended.
create unlogged table database_runs (
    uuid    uuid    not null default gen_random_uuid(),
    one_row boolean not null default true,

    constraint database_runs_pkey primary key (one_row),
    constraint database_runs_one_row_check check (one_row)
);

insert into database_runs default values;

-- Null after a crash, until a look inserts a row, and on a standby, which cannot read the table.
create function current_run() returns uuid
language plpgsql stable
as $$
begin
    if pg_is_in_recovery() then
        return null;
    end if;

    return (select uuid from database_runs);
end
$$;

-- Tickets with which a browser opens a stream of changes, since it cannot send a token there. Unlogged: one that is lost
-- in a crash is asked for again.
create unlogged table live_tickets (
    -- SHA-256 of the ticket.
    hash             bytea       not null,
    user_uuid        uuid        not null,
    -- When the token ended with which the ticket was asked for; null for the development identity.
    token_expires_at timestamptz,
    created_at       timestamptz not null default now(),

    constraint live_tickets_pkey primary key (hash),
    constraint live_tickets_user_uuid_fkey foreign key (user_uuid) references users (uuid) on delete cascade
);

create index live_tickets_user_uuid_idx on live_tickets (user_uuid);
create index live_tickets_created_at_idx on live_tickets (created_at);

-- A statement that changes more rows than this is one row of the kind everything_changed, so that no row is long.
create function largest_change() returns bigint
language sql immutable parallel safe
as $$
    select 1000::bigint
$$;

create function record_everything_changed() returns trigger
language plpgsql
as $$
begin
    insert into changes (kind) values ('everything_changed');

    return null;
end
$$;

-- Activities.

create function record_created_activities() returns trigger
language plpgsql
as $$
begin
    insert into changes (kind, uuids, user_uuids, parent_uuids, created_at)
    select
        case when count(*) > largest_change() then 'everything_changed' else 'activities_created' end,
        array_agg(uuid),
        array_agg(user_uuid),
        array_agg(reply_to_activity_uuid),
        array_agg(created_at)
    from (
        select
            uuid,
            user_uuid,
            reply_to_activity_uuid,
            created_at
        from written
        limit largest_change() + 1
    ) as change
    having count(*) > 0;

    return null;
end
$$;

create trigger activities_record_created
after insert on activities
referencing new table as written
for each statement execute function record_created_activities();

-- A row that has expired was not visible any more. Its keys are kept for those who ask later what has expired.
create function record_deleted_activities() returns trigger
language plpgsql
as $$
begin
    insert into changes (kind, uuids, user_uuids, parent_uuids, created_at, expires_at)
    select
        case when count(*) > largest_change() then 'everything_changed' else 'activities_deleted' end,
        array_agg(uuid),
        array_agg(user_uuid),
        array_agg(reply_to_activity_uuid),
        array_agg(created_at),
        array_agg(expires_at)
    from (
        select
            uuid,
            user_uuid,
            reply_to_activity_uuid,
            created_at,
            expires_at
        from gone
        where coalesce(expires_at, 'infinity') > now()
        limit largest_change() + 1
    ) as change
    having count(*) > 0;

    insert into changes (kind, uuids, user_uuids, parent_uuids, created_at, expires_at, last_expiry)
    select
        case when count(*) > largest_change() then 'everything_changed' else 'activities_expired' end,
        array_agg(uuid),
        array_agg(user_uuid),
        array_agg(reply_to_activity_uuid),
        array_agg(created_at),
        array_agg(expires_at),
        max(expires_at)
    from (
        select
            uuid,
            user_uuid,
            reply_to_activity_uuid,
            created_at,
            expires_at
        from gone
        where expires_at between now() - interval '1 hour' and now()
        limit largest_change() + 1
    ) as change
    having count(*) > 0;

    return null;
end
$$;

create trigger activities_record_deleted
after delete on activities
referencing old table as gone
for each statement execute function record_deleted_activities();

-- Most updates change counts and the place of no activity in a list. A moved activity, or one with another text, has two
-- elements, as it is and as it was. Without nested loops, because a plan that is made for one row serves a thousand later.
create function record_updated_activities() returns trigger
language plpgsql
set enable_nestloop = off
as $$
declare
    changed uuid[];
    moved   bigint;
begin
    select
        array_agg(written.uuid) filter (where place.is_same and coalesce(written.expires_at, 'infinity') > now()),
        count(*) filter (where not place.is_same)
    into
        changed,
        moved
    from written
    full join replaced on replaced.uuid = written.uuid
    cross join lateral (
        select (
                written.user_uuid,
                written.reply_to_activity_uuid,
                written.expires_at,
                written.created_at,
                written.message
            )
            is not distinct from
            (
                replaced.user_uuid,
                replaced.reply_to_activity_uuid,
                replaced.expires_at,
                replaced.created_at,
                replaced.message
            ) as is_same
    ) as place;

    if moved + coalesce(cardinality(changed), 0) > largest_change() then
        insert into changes (kind) values ('everything_changed');
        return null;
    end if;

    if changed is not null then
        insert into changes (kind, uuids) values ('activities_changed', changed);
    end if;

    if moved > 0 then
        insert into changes (kind, uuids, user_uuids, parent_uuids, created_at, expires_at)
        select
            'activities_moved',
            array_agg(uuid),
            array_agg(user_uuid),
            array_agg(reply_to_activity_uuid),
            array_agg(created_at),
            array_agg(expires_at)
        from (
            (
                select
                    uuid,
                    user_uuid,
                    reply_to_activity_uuid,
                    expires_at,
                    created_at,
                    message
                from written
                except
                select
                    uuid,
                    user_uuid,
                    reply_to_activity_uuid,
                    expires_at,
                    created_at,
                    message
                from replaced
            )
            union all
            (
                select
                    uuid,
                    user_uuid,
                    reply_to_activity_uuid,
                    expires_at,
                    created_at,
                    message
                from replaced
                except
                select
                    uuid,
                    user_uuid,
                    reply_to_activity_uuid,
                    expires_at,
                    created_at,
                    message
                from written
            )
        ) as change;
    end if;

    return null;
end
$$;

create trigger activities_record_updated
after update on activities
referencing old table as replaced new table as written
for each statement execute function record_updated_activities();

create trigger activities_record_truncated
after truncate on activities
for each statement execute function record_everything_changed();

-- A mark in deleted_activities makes the replies below the activity unreachable, at any depth. The purge removes the
-- mark with the activity, which changes nothing.
create function record_deleted_threads() returns trigger
language plpgsql
as $$
begin
    insert into changes (kind, uuids)
    select
        case when count(*) > largest_change() then 'everything_changed' else 'threads_deleted' end,
        array_agg(activity_uuid)
    from (
        select activity_uuid
        from marked
        where exists (
            select
            from activities
            where activities.uuid = marked.activity_uuid
            offset 0
        )
        limit largest_change() + 1
    ) as change
    having count(*) > 0;

    return null;
end
$$;

create trigger deleted_activities_record_marked
after insert on deleted_activities
referencing new table as marked
for each statement execute function record_deleted_threads();

create trigger deleted_activities_record_unmarked
after delete on deleted_activities
referencing old table as marked
for each statement execute function record_deleted_threads();

create trigger deleted_activities_record_updated
after update on deleted_activities
for each statement execute function record_everything_changed();

create trigger deleted_activities_record_truncated
after truncate on deleted_activities
for each statement execute function record_everything_changed();

-- Reposts. A like changes nothing but the count of its activity, which is a change of the activity.

create function record_created_reposts() returns trigger
language plpgsql
as $$
begin
    insert into changes (kind, uuids, user_uuids, created_at)
    select
        case when count(*) > largest_change() then 'everything_changed' else 'reposts_created' end,
        array_agg(activity_uuid),
        array_agg(user_uuid),
        array_agg(created_at)
    from (
        select
            activity_uuid,
            user_uuid,
            created_at
        from made
        where kind = 'repost'
        limit largest_change() + 1
    ) as change
    having count(*) > 0;

    return null;
end
$$;

create trigger reactions_record_created
after insert on reactions
referencing new table as made
for each statement execute function record_created_reposts();

create function record_deleted_reposts() returns trigger
language plpgsql
as $$
begin
    insert into changes (kind, uuids, user_uuids, created_at)
    select
        case when count(*) > largest_change() then 'everything_changed' else 'reposts_deleted' end,
        array_agg(activity_uuid),
        array_agg(user_uuid),
        array_agg(created_at)
    from (
        select
            activity_uuid,
            user_uuid,
            created_at
        from undone
        where kind = 'repost'
        limit largest_change() + 1
    ) as change
    having count(*) > 0;

    return null;
end
$$;

create trigger reactions_record_deleted
after delete on reactions
referencing old table as undone
for each statement execute function record_deleted_reposts();

-- The program never updates or truncates reactions; a person with psql may.
create trigger reactions_record_updated
after update on reactions
for each statement execute function record_everything_changed();

create trigger reactions_record_truncated
after truncate on reactions
for each statement execute function record_everything_changed();

-- Users. A new user is in no list yet.

create function record_changed_users() returns trigger
language plpgsql
as $$
begin
    insert into changes (kind, user_uuids, handles)
    select
        case when count(*) > largest_change() then 'everything_changed' else 'users_changed' end,
        array_agg(uuid),
        array_agg(handle)
    from (
        select
            uuid,
            handle
        from changed
        limit largest_change() + 1
    ) as change
    having count(*) > 0;

    return null;
end
$$;

create trigger users_record_created
after insert on users
referencing new table as changed
for each statement execute function record_changed_users();

create trigger users_record_deleted
after delete on users
referencing old table as changed
for each statement execute function record_changed_users();

create function record_updated_users() returns trigger
language plpgsql
as $$
begin
    insert into changes (kind, user_uuids, handles)
    select
        case when count(*) > largest_change() then 'everything_changed' else 'users_changed' end,
        array_agg(uuid),
        array_agg(handle)
    from (
        select
            uuid,
            handle
        from written
        union
        select
            uuid,
            handle
        from replaced
        limit largest_change() + 1
    ) as change
    having count(*) > 0;

    return null;
end
$$;

create trigger users_record_updated
after update on users
referencing old table as replaced new table as written
for each statement execute function record_updated_users();

create trigger users_record_truncated
after truncate on users
for each statement execute function record_everything_changed();

-- The row of a user who is deleted goes along, when the user is no longer in users: then no activity is shown again.
create function record_hidden_users() returns trigger
language plpgsql
as $$
begin
    insert into changes (kind, user_uuids, handles)
    select
        case
            when count(*) > largest_change() then 'everything_changed'
            when tg_op = 'INSERT' then 'users_hidden'
            else 'users_shown'
        end,
        array_agg(uuid),
        array_agg(handle)
    from (
        select
            users.uuid,
            users.handle
        from changed
        join users on users.uuid = changed.user_uuid
        limit largest_change() + 1
    ) as change
    having count(*) > 0;

    return null;
end
$$;

create trigger hidden_users_record_hidden
after insert on hidden_users
referencing new table as changed
for each statement execute function record_hidden_users();

create trigger hidden_users_record_shown
after delete on hidden_users
referencing old table as changed
for each statement execute function record_hidden_users();

create trigger hidden_users_record_updated
after update on hidden_users
for each statement execute function record_everything_changed();

create trigger hidden_users_record_truncated
after truncate on hidden_users
for each statement execute function record_everything_changed();

-- Notices, what decides which of them a user sees, and how far the user has read.

create function record_notices() returns trigger
language plpgsql
as $$
begin
    insert into changes (kind, uuids, user_uuids)
    select
        case
            when count(*) > largest_change() then 'everything_changed'
            when tg_op = 'INSERT' then 'notices_created'
            else 'notices_deleted'
        end,
        array_agg(uuid),
        array_agg(user_uuid)
    from (
        select
            uuid,
            user_uuid
        from changed
        limit largest_change() + 1
    ) as change
    having count(*) > 0;

    return null;
end
$$;

create trigger notices_record_created
after insert on notices
referencing new table as changed
for each statement execute function record_notices();

create trigger notices_record_deleted
after delete on notices
referencing old table as changed
for each statement execute function record_notices();

create trigger notices_record_updated
after update on notices
for each statement execute function record_everything_changed();

create trigger notices_record_truncated
after truncate on notices
for each statement execute function record_everything_changed();

create function record_read_notices() returns trigger
language plpgsql
as $$
begin
    insert into changes (kind, user_uuids)
    select
        case when count(*) > largest_change() then 'everything_changed' else 'notices_read' end,
        array_agg(user_uuid)
    from (
        select user_uuid
        from changed
        limit largest_change() + 1
    ) as change
    having count(*) > 0;

    return null;
end
$$;

create trigger read_marks_record_created
after insert on read_marks
referencing new table as changed
for each statement execute function record_read_notices();

create trigger read_marks_record_updated
after update on read_marks
referencing new table as changed
for each statement execute function record_read_notices();

create trigger read_marks_record_deleted
after delete on read_marks
referencing old table as changed
for each statement execute function record_read_notices();

create trigger read_marks_record_truncated
after truncate on read_marks
for each statement execute function record_everything_changed();

create function record_blocks() returns trigger
language plpgsql
as $$
begin
    insert into changes (kind, user_uuids)
    select
        case when count(*) > largest_change() then 'everything_changed' else 'blocks_changed' end,
        array_agg(blocker_uuid)
    from (
        select blocker_uuid
        from changed
        limit largest_change() + 1
    ) as change
    having count(*) > 0;

    return null;
end
$$;

create trigger blocks_record_created
after insert on blocks
referencing new table as changed
for each statement execute function record_blocks();

create trigger blocks_record_deleted
after delete on blocks
referencing old table as changed
for each statement execute function record_blocks();

create trigger blocks_record_updated
after update on blocks
for each statement execute function record_everything_changed();

create trigger blocks_record_truncated
after truncate on blocks
for each statement execute function record_everything_changed();

-- Messages. The receiver is the other member of the group; null when that member has deleted the account.

create function record_messages() returns trigger
language plpgsql
as $$
begin
    insert into changes (kind, uuids, user_uuids, parent_uuids)
    select
        case
            when count(*) > largest_change() then 'everything_changed'
            when tg_op = 'INSERT' then 'messages_created'
            else 'messages_deleted'
        end,
        array_agg(uuid),
        array_agg(receiver_uuid),
        array_agg(message_group_uuid)
    from (
        select
            changed.uuid,
            changed.message_group_uuid,
            receiver.uuid as receiver_uuid
        from changed
        -- offset 0 keeps this an index lookup for each row, even when the planner expects many rows.
        left join lateral (
            select
                case
                    when message_groups.first_user_uuid = changed.user_uuid then message_groups.second_user_uuid
                    else message_groups.first_user_uuid
                end as uuid
            from message_groups
            where message_groups.uuid = changed.message_group_uuid
            offset 0
        ) as receiver on true
        limit largest_change() + 1
    ) as change
    having count(*) > 0;

    return null;
end
$$;

create trigger messages_record_created
after insert on messages
referencing new table as changed
for each statement execute function record_messages();

create trigger messages_record_deleted
after delete on messages
referencing old table as changed
for each statement execute function record_messages();

create trigger messages_record_updated
after update on messages
for each statement execute function record_everything_changed();

create trigger messages_record_truncated
after truncate on messages
for each statement execute function record_everything_changed();

-- A member leaves a group when the account is deleted. An element for each member of each group.
create function record_message_groups() returns trigger
language plpgsql
as $$
begin
    insert into changes (kind, uuids, user_uuids)
    select
        case when count(*) > largest_change() then 'everything_changed' else 'message_groups_changed' end,
        array_agg(uuid),
        array_agg(user_uuid)
    from (
        select
            changed.uuid,
            member.user_uuid
        from changed
        cross join lateral (
            values (changed.first_user_uuid), (changed.second_user_uuid)
        ) as member (user_uuid)
        limit largest_change() + 1
    ) as change
    having count(*) > 0;

    return null;
end
$$;

-- A new message updates its group, so an update tells nothing that the message does not.
create trigger message_groups_record_deleted
after delete on message_groups
referencing old table as changed
for each statement execute function record_message_groups();

create function record_left_message_groups() returns trigger
language plpgsql
as $$
begin
    insert into changes (kind, uuids, user_uuids)
    select
        'message_groups_changed',
        array[old.uuid, old.uuid],
        array[old.first_user_uuid, old.second_user_uuid];

    return null;
end
$$;

create trigger message_groups_record_left
after update of first_user_uuid, second_user_uuid on message_groups
for each row
when (
    old.first_user_uuid is distinct from new.first_user_uuid
    or old.second_user_uuid is distinct from new.second_user_uuid
)
execute function record_left_message_groups();

create trigger message_groups_record_truncated
after truncate on message_groups
for each statement execute function record_everything_changed();

-- When the first live activity of a user expires, top-level or not; null when none does. From then on cruds_count may be
-- another one. In plpgsql, because each session plans it once.
create function next_expiry(author uuid) returns timestamptz
language plpgsql stable
as $$
begin
    return (
        select nullif(coalesce(expires_at, 'infinity'), 'infinity')
        from activities
        where user_uuid = author
            and coalesce(expires_at, 'infinity') > now()
        order by coalesce(expires_at, 'infinity')
        limit 1
    );
end
$$;
