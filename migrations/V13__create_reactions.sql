-- Likes and reposts. Both are reactions: a user either has or has not made one of a kind to an activity.

create table reactions (
    user_uuid     uuid        not null,
    activity_uuid uuid        not null,
    kind          text        not null,
    created_at    timestamptz not null default now(),

    -- In this order the reactions of one user to the activities of a page are found fast.
    constraint reactions_pkey primary key (user_uuid, activity_uuid, kind),
    constraint reactions_user_uuid_fkey
        foreign key (user_uuid) references users (uuid) on delete cascade,
    constraint reactions_activity_uuid_fkey
        foreign key (activity_uuid) references activities (uuid) on delete cascade,
    constraint reactions_kind_known check (kind in ('like', 'repost'))
);

-- Who reacted to an activity, the latest first.
create index reactions_activity_uuid_idx
    on reactions (activity_uuid, kind, created_at desc, user_uuid desc);

-- What a user reacted to, the latest first.
create index reactions_user_uuid_idx
    on reactions (user_uuid, kind, created_at desc, activity_uuid desc);

-- The triggers keep the counts of activities, whatever statement changes the reactions: the API's, the cascade of a
-- deleted user or one by hand. A number that the prototype's row brought along stays: the reactions are added to it.

-- Adds reactions to the counts of their activities: reaction n adds changes[n], 1 or -1. It locks the activities in the
-- order of their ids, so that two statements do not deadlock. A plan is made once for a connection: always the one that
-- looks up each activity in the index.
create function count_reactions(activity_uuids uuid[], kinds text[], changes integer[]) returns void
language plpgsql
set enable_hashjoin = off
set enable_mergejoin = off
set enable_seqscan = off
as $$
begin
    perform
    from activities
    where uuid = any(activity_uuids)
    order by uuid
    for no key update;

    update activities
    set
        likes_count = likes_count + changed.likes,
        reposts_count = reposts_count + changed.reposts
    from (
        select
            reaction.activity_uuid,
            coalesce(sum(reaction.change) filter (where reaction.kind = 'like'), 0) as likes,
            coalesce(sum(reaction.change) filter (where reaction.kind = 'repost'), 0) as reposts
        from unnest(activity_uuids, kinds, changes) as reaction (activity_uuid, kind, change)
        group by reaction.activity_uuid
    ) as changed
    where activities.uuid = changed.activity_uuid
        and (changed.likes <> 0 or changed.reposts <> 0);
end
$$;

create function count_made_reactions() returns trigger
language plpgsql
as $$
begin
    perform count_reactions(array_agg(activity_uuid), array_agg(kind), array_agg(1))
    from made
    having count(*) > 0;

    return null;
end
$$;

create trigger reactions_count_made
after insert on reactions
referencing new table as made
for each statement execute function count_made_reactions();

create function count_undone_reactions() returns trigger
language plpgsql
as $$
begin
    perform count_reactions(array_agg(activity_uuid), array_agg(kind), array_agg(-1))
    from undone
    having count(*) > 0;

    return null;
end
$$;

create trigger reactions_count_undone
after delete on reactions
referencing old table as undone
for each statement execute function count_undone_reactions();

-- The program never updates or truncates reactions; a person with psql may.
create function count_changed_reactions() returns trigger
language plpgsql
as $$
begin
    perform count_reactions(array_agg(activity_uuid), array_agg(kind), array_agg(change))
    from (
        select
            activity_uuid,
            kind,
            -1 as change
        from undone
        union all
        select
            activity_uuid,
            kind,
            1 as change
        from made
    ) as changed
    having count(*) > 0;

    return null;
end
$$;

create trigger reactions_count_changed
after update on reactions
referencing old table as undone new table as made
for each statement execute function count_changed_reactions();

create function count_truncated_reactions() returns trigger
language plpgsql
as $$
begin
    perform count_reactions(array_agg(activity_uuid), array_agg(kind), array_agg(-1))
    from reactions
    having count(*) > 0;

    return null;
end
$$;

create trigger reactions_count_truncated
before truncate on reactions
for each statement execute function count_truncated_reactions();
