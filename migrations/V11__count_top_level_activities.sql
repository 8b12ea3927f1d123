-- The number of each user's live top-level activities, without reading them: how many rows the user has, less those
-- that have expired and that the purge has not deleted yet.

-- Those that have expired. The index takes a second for a million activities, during which writes wait.
create index activities_user_expired_idx
    on activities (user_uuid, expires_at)
    where reply_to_activity_uuid is null and expires_at is not null;

-- How many top-level activities a user had when the purge last added up the changes.
create table crud_counts (
    user_uuid uuid   not null,
    cruds     bigint not null,

    constraint crud_counts_pkey primary key (user_uuid),
    constraint crud_counts_user_uuid_fkey
        foreign key (user_uuid) references users (uuid) on delete cascade
);

-- What each statement since then has added and taken away. A statement only inserts rows here, so concurrent writes of
-- one user do not wait for each other, as they would for one counter. There is no foreign key, because a statement that
-- deletes a user inserts rows for the user's activities.
create table crud_count_changes (
    user_uuid uuid    not null,
    cruds     integer not null
);

create index crud_count_changes_user_uuid_idx on crud_count_changes (user_uuid);

create function count_written_cruds() returns trigger
language plpgsql
as $$
begin
    insert into crud_count_changes (user_uuid, cruds)
    select
        user_uuid,
        count(*)
    from written
    where reply_to_activity_uuid is null
    group by user_uuid;

    return null;
end
$$;

create trigger activities_count_written
after insert on activities
referencing new table as written
for each statement execute function count_written_cruds();

create function count_gone_cruds() returns trigger
language plpgsql
as $$
begin
    insert into crud_count_changes (user_uuid, cruds)
    select
        user_uuid,
        - count(*)
    from gone
    where reply_to_activity_uuid is null
    group by user_uuid;

    return null;
end
$$;

create trigger activities_count_gone
after delete on activities
referencing old table as gone
for each statement execute function count_gone_cruds();

-- The program never gives an activity another author or parent; a person with psql may.
create function count_moved_crud() returns trigger
language plpgsql
as $$
begin
    insert into crud_count_changes (user_uuid, cruds)
    select
        old.user_uuid,
        -1
    where old.reply_to_activity_uuid is null
    union all
    select
        new.user_uuid,
        1
    where new.reply_to_activity_uuid is null;

    return null;
end
$$;

create trigger activities_count_moved
after update of user_uuid, reply_to_activity_uuid on activities
for each row execute function count_moved_crud();

create function count_no_cruds() returns trigger
language plpgsql
as $$
begin
    delete from crud_counts;
    delete from crud_count_changes;

    return null;
end
$$;

create trigger activities_count_truncated
after truncate on activities
for each statement execute function count_no_cruds();

-- The triggers above have locked the table against writes until this transaction ends.
insert into crud_counts (user_uuid, cruds)
select
    user_uuid,
    count(*)
from activities
where reply_to_activity_uuid is null
group by user_uuid;

-- The number of a user's live top-level activities. In plpgsql, because each session plans it once.
create function cruds_count(author uuid) returns bigint
language plpgsql stable
as $$
begin
    return coalesce((select cruds from crud_counts where user_uuid = author), 0)
        + coalesce((select sum(cruds) from crud_count_changes where user_uuid = author), 0)
        - (
            select count(*)
            from activities
            where user_uuid = author
                and reply_to_activity_uuid is null
                and expires_at <= now()
        );
end
$$;
