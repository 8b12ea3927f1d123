-- Likes and reposts. Both are reactions: a user either has or has not made one of a kind to an activity.

create table reactions (
    activity_uuid uuid        not null,
    kind          text        not null,
    user_uuid     uuid        not null,
    created_at    timestamptz not null default now(),

    constraint reactions_pkey primary key (activity_uuid, kind, user_uuid),
    constraint reactions_activity_uuid_fkey
        foreign key (activity_uuid) references activities (uuid) on delete cascade,
    constraint reactions_user_uuid_fkey
        foreign key (user_uuid) references users (uuid) on delete cascade,
    constraint reactions_kind_known check (kind in ('like', 'repost'))
);

-- Who reacted to an activity, the latest first.
create index reactions_activity_uuid_idx
    on reactions (activity_uuid, kind, created_at desc, user_uuid desc);

-- What a user reacted to, the latest first.
create index reactions_user_uuid_idx
    on reactions (user_uuid, kind, created_at desc, activity_uuid desc);

-- The triggers keep the counts of activities, whatever statement changes the reactions: the API's, a deleted user's
-- cascade or one by hand. A number that the prototype's row brought along stays: the reactions are added to it.

-- Adds `sign` times the number of the reactions to the counts of their activities. It locks the activities in the order
-- of their ids, so that two statements do not deadlock.
create function count_reactions(activity_uuids uuid[], kinds text[], sign integer) returns void
language plpgsql
as $$
begin
    perform
    from activities
    where uuid = any(activity_uuids)
    order by uuid
    for no key update;

    update activities
    set
        likes_count = likes_count + sign * changed.likes,
        reposts_count = reposts_count + sign * changed.reposts
    from (
        select
            reaction.activity_uuid,
            count(*) filter (where reaction.kind = 'like') as likes,
            count(*) filter (where reaction.kind = 'repost') as reposts
        from unnest(activity_uuids, kinds) as reaction (activity_uuid, kind)
        group by reaction.activity_uuid
    ) as changed
    where activities.uuid = changed.activity_uuid;
end
$$;

create function count_made_reactions() returns trigger
language plpgsql
as $$
begin
    perform count_reactions(array_agg(activity_uuid), array_agg(kind), 1)
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
    perform count_reactions(array_agg(activity_uuid), array_agg(kind), -1)
    from undone
    having count(*) > 0;

    return null;
end
$$;

create trigger reactions_count_undone
after delete on reactions
referencing old table as undone
for each statement execute function count_undone_reactions();
