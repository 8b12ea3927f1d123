-- Reports of activities. A report has copies of the activity and of its parent. It can be made while the activity lives
-- and for 24 hours after it has expired or was deleted, so triggers keep copies of what is gone for that time.

-- Copies of activities that have expired or were deleted. The server deletes a copy 24 hours after gone_at. There is no
-- foreign key, because the author may be deleted, too.
create table gone_activities (
    uuid                   uuid        not null,
    user_uuid              uuid        not null,
    -- The author's names when the activity was deleted.
    handle                 text        not null,
    display_name           text        not null,
    message                text        not null,
    reply_to_activity_uuid uuid,
    expires_at             timestamptz,
    created_at             timestamptz not null,
    -- The expiry, or the deletion if that came first.
    gone_at                timestamptz not null,

    constraint gone_activities_pkey primary key (uuid)
);

create index gone_activities_gone_at_idx on gone_activities (gone_at);

-- The names of users who have deleted their account, which removes them from users before the activities are deleted.
-- The server deletes a row after 24 hours, too.
create table gone_users (
    user_uuid    uuid        not null,
    handle       text        not null,
    display_name text        not null,
    gone_at      timestamptz not null default now(),

    constraint gone_users_pkey primary key (user_uuid)
);

create index gone_users_gone_at_idx on gone_users (gone_at);

create function keep_gone_user() returns trigger
language plpgsql
as $$
begin
    insert into gone_users (user_uuid, handle, display_name)
    select
        old.uuid,
        old.handle,
        old.display_name
    from hidden_users
    where user_uuid = old.uuid
        and reason = 'deleted'
    on conflict (user_uuid) do nothing;

    return null;
end
$$;

create trigger users_keep_gone
after update of handle on users
for each row
when (new.handle <> old.handle)
execute function keep_gone_user();

-- Copies the rows that a statement has deleted, those of a cascade included. A row below a deleted activity was gone
-- before the purge deleted it: the purge names that time in the setting cruddur.deleted_at of its transaction. The
-- activities of a deleted account are gone since the account is hidden. What has been gone for 24 hours needs no copy,
-- and a marked activity has one already. A plan is made once for a connection: always the one that looks up row by row.
create function keep_gone_activities() returns trigger
language plpgsql
set enable_hashjoin = off
set enable_mergejoin = off
set enable_seqscan = off
as $$
begin
    insert into gone_activities (
        uuid,
        user_uuid,
        handle,
        display_name,
        message,
        reply_to_activity_uuid,
        expires_at,
        created_at,
        gone_at
    )
    select
        gone.uuid,
        gone.user_uuid,
        author.handle,
        author.display_name,
        gone.message,
        gone.reply_to_activity_uuid,
        nullif(gone.expires_at, 'epoch'),
        gone.created_at,
        ending.gone_at
    from gone
    -- offset 0, here and below: for each row.
    cross join lateral (
        select
            coalesce(gone_users.handle, users.handle) as handle,
            coalesce(gone_users.display_name, users.display_name) as display_name
        from users
        left join gone_users on gone_users.user_uuid = users.uuid
        where users.uuid = gone.user_uuid
        offset 0
    ) as author
    cross join lateral (
        select
            least(
                now(),
                nullif(gone.expires_at, 'epoch'),
                nullif(current_setting('cruddur.deleted_at', true), '')::timestamptz,
                (
                    select hidden_at
                    from hidden_users
                    where user_uuid = gone.user_uuid
                        and reason = 'deleted'
                )
            ) as gone_at
        offset 0
    ) as ending
    where ending.gone_at > now() - interval '24 hours'
    on conflict (uuid) do nothing;

    return null;
end
$$;

create trigger activities_keep_gone
after delete on activities
referencing old table as gone
for each statement execute function keep_gone_activities();

-- Copies an activity when it is marked as deleted (see deleted_activities), which overwrites its expiry.
create function keep_marked_activity() returns trigger
language plpgsql
as $$
begin
    insert into gone_activities (
        uuid,
        user_uuid,
        handle,
        display_name,
        message,
        reply_to_activity_uuid,
        expires_at,
        created_at,
        gone_at
    )
    select
        old.uuid,
        old.user_uuid,
        coalesce(gone_users.handle, users.handle),
        coalesce(gone_users.display_name, users.display_name),
        old.message,
        old.reply_to_activity_uuid,
        old.expires_at,
        old.created_at,
        least(
            now(),
            old.expires_at,
            (
                select hidden_at
                from hidden_users
                where user_uuid = old.user_uuid
                    and reason = 'deleted'
            )
        )
    from users
    left join gone_users on gone_users.user_uuid = users.uuid
    where users.uuid = old.user_uuid
    on conflict (uuid) do nothing;

    return null;
end
$$;

create trigger activities_keep_marked
after update of expires_at on activities
for each row
when (new.expires_at = 'epoch' and old.expires_at is distinct from 'epoch')
execute function keep_marked_activity();

-- Those that are marked already; what they had for an expiry is not known.
insert into gone_activities (
    uuid,
    user_uuid,
    handle,
    display_name,
    message,
    reply_to_activity_uuid,
    expires_at,
    created_at,
    gone_at
)
select
    activities.uuid,
    activities.user_uuid,
    users.handle,
    users.display_name,
    activities.message,
    activities.reply_to_activity_uuid,
    null,
    activities.created_at,
    deleted_activities.deleted_at
from deleted_activities
join activities on activities.uuid = deleted_activities.activity_uuid
join users on users.uuid = activities.user_uuid;

-- A user's activities go before the user, because the cascade of the foreign key runs when the names are gone.
create function delete_activities_of_user() returns trigger
language plpgsql
as $$
begin
    delete from activities
    where user_uuid = old.uuid;

    return old;
end
$$;

create trigger users_delete_activities
before delete on users
for each row execute function delete_activities_of_user();

-- When the activity or one above it was deleted; null if none was. In plpgsql, because each session plans it once.
create function deleted_since(activity uuid) returns timestamptz
language plpgsql stable
as $$
begin
    if not exists (select from deleted_activities) then
        return null;
    end if;

    return (
        with recursive above as (
            select activity as uuid
            union all
            select parent.uuid
            from above
            -- offset 0: an index look-up for each, however many the planner expects.
            cross join lateral (
                select reply_to_activity_uuid as uuid
                from activities
                where activities.uuid = above.uuid
                offset 0
            ) as parent
            where parent.uuid is not null
        )
        select min(deleted_activities.deleted_at)
        from above
        join deleted_activities on deleted_activities.activity_uuid = above.uuid
    );
end
$$;

-- The activities that are there, also those of suspended users, and the copies of those that are gone. gone_at is since
-- when an activity is gone, as far as the row itself says: null while it lives, and of a row below a marked activity.
create view kept_activities as
select
    activities.uuid,
    activities.user_uuid,
    coalesce(gone_users.handle, users.handle) as handle,
    coalesce(gone_users.display_name, users.display_name) as display_name,
    activities.message,
    activities.reply_to_activity_uuid,
    activities.expires_at,
    activities.created_at,
    least(
        case when activities.expires_at <= now() then activities.expires_at end,
        (
            select hidden_at
            from hidden_users
            where user_uuid = activities.user_uuid
                and reason = 'deleted'
        )
    ) as gone_at,
    false as is_copy
from activities
join users on users.uuid = activities.user_uuid
left join gone_users on gone_users.user_uuid = users.uuid
-- A marked activity has a copy.
where activities.expires_at is distinct from 'epoch'
union all
select
    uuid,
    user_uuid,
    handle,
    display_name,
    message,
    reply_to_activity_uuid,
    expires_at,
    created_at,
    gone_at,
    true as is_copy
from gone_activities;

-- A user's report of an activity, and what an operator decided about it. What people wrote is in `note` and in
-- report_copies; both are removed when the report is closed as unfounded, or after 90 days.
create table reports (
    uuid            uuid        not null default gen_random_uuid(),
    -- Null once the reporter is deleted.
    reporter_uuid   uuid,
    -- The activity may be gone.
    activity_uuid   uuid        not null,
    reason          text        not null,
    -- Null without a note, and once it is removed.
    note            text,
    created_at      timestamptz not null default now(),
    closed_at       timestamptz,
    closing_reason  text,
    -- By the operator.
    closing_note    text,
    -- When the copies and the note were removed.
    copy_removed_at timestamptz,
    status          text        not null
        generated always as (case when closed_at is null then 'open' else 'closed' end) stored,

    constraint reports_pkey primary key (uuid),
    constraint reports_reporter_uuid_activity_uuid_key unique (reporter_uuid, activity_uuid),
    constraint reports_reporter_uuid_fkey
        foreign key (reporter_uuid) references users (uuid) on delete set null,
    constraint reports_reason_known check (reason in ('spam', 'abuse', 'illegal', 'other')),
    constraint reports_note_length check (char_length(note) <= 1000),
    constraint reports_closing_reason_known check (
        closing_reason in ('unfounded', 'actioned', 'no_action')
    ),
    constraint reports_closing_note_length check (char_length(closing_note) <= 1000),
    constraint reports_closed_with_reason check ((closed_at is null) = (closing_reason is null))
);

-- The operators' list, newest first.
create index reports_status_idx on reports (status, created_at desc, uuid desc);

-- How many open reports a user has made today.
create index reports_reporter_uuid_open_idx
    on reports (reporter_uuid, created_at desc)
    where closed_at is null;

-- The reports whose copies have to be removed after 90 days.
create index reports_copy_idx on reports (created_at) where copy_removed_at is null;

-- The reported activity and the one that it answers, as they were when the report was made.
create table report_copies (
    report_uuid            uuid        not null,
    role                   text        not null,
    activity_uuid          uuid        not null,
    user_uuid              uuid        not null,
    handle                 text        not null,
    display_name           text        not null,
    message                text        not null,
    reply_to_activity_uuid uuid,
    expires_at             timestamptz,
    created_at             timestamptz not null,
    -- Null if the activity was live.
    gone_at                timestamptz,

    constraint report_copies_pkey primary key (report_uuid, role),
    constraint report_copies_report_uuid_fkey
        foreign key (report_uuid) references reports (uuid) on delete cascade,
    constraint report_copies_role_known check (role in ('activity', 'parent'))
);
