-- Carries the rows of the Python prototype, which V1 set aside, into the tables of today. Every
-- row ends in exactly one place: carried, merged into another, purged because the operator chose
-- so, or left in prototype_activities with the reason beside it. The counts stay in
-- prototype_takeover. Without a prototype this does nothing.
--
-- Its times had no zone and mean UTC. It never hid what had expired: the setting
-- cruddur.prototype_expired says whether such activities are kept (without expiry) or purged.
do $$
declare
    expired_choice text := coalesce(current_setting('cruddur.prototype_expired', true), '');
    expired_rows   bigint;
    users_found    bigint;
    activities_found bigint;
    person         record;
begin
    if to_regclass('prototype_users') is null and to_regclass('prototype_activities') is null then
        return;
    end if;

    create table if not exists prototype_users (
        uuid            uuid,
        display_name    text,
        handle          text,
        cognito_user_id text,
        created_at      timestamp
    );
    create table if not exists prototype_activities (
        uuid       uuid,
        user_uuid  uuid,
        message    text,
        expires_at timestamp,
        created_at timestamp
    );
    alter table prototype_users
        add column if not exists email text,
        add column if not exists bio text;
    alter table prototype_activities
        add column if not exists reposts_count integer,
        add column if not exists likes_count integer,
        add column left_because text;

    select count(*) into users_found from prototype_users;
    select count(*) into activities_found from prototype_activities;
    select count(*) into expired_rows
    from prototype_activities
    where expires_at <= now() at time zone 'UTC';

    if expired_rows > 0 and expired_choice not in ('keep', 'purge') then
        raise exception '% of % activities of the prototype are past their time', expired_rows, activities_found
            using hint = 'Run `cruddur db migrate` with --keep-expired or --purge-expired.';
    end if;

    -- One person for each Cognito id. The prototype's own seeds wrote MOCK for everybody, and a
    -- retried trigger wrote a person twice; the oldest row stands for all.
    create temporary table prototype_person on commit drop as
    select
        uuid,
        first_value(uuid) over same_person as kept_uuid
    from prototype_users
    window same_person as (
        partition by
            case
                when coalesce(cognito_user_id, '') in ('', 'MOCK')
                    then coalesce('handle ' || lower(handle), 'uuid ' || uuid)
                else 'sub ' || cognito_user_id
            end
        order by created_at, uuid
    );

    for person in
        select prototype_users.*
        from prototype_users
        join prototype_person using (uuid)
        where uuid = kept_uuid
        order by created_at, uuid
    loop
        insert into users (uuid, cognito_user_id, handle, display_name, bio, email, created_at)
        values (
            person.uuid,
            case
                when coalesce(person.cognito_user_id, '') in ('', 'MOCK')
                    then 'prototype:' || person.uuid
                else person.cognito_user_id
            end,
            free_handle(person.handle),
            left(coalesce(nullif(btrim(person.display_name), ''), free_handle(person.handle)), 100),
            left(coalesce(person.bio, ''), 500),
            nullif(person.email, ''),
            coalesce(person.created_at at time zone 'UTC', now())
        );
    end loop;

    update prototype_activities as activity
    set left_because = case
        when not exists (select from prototype_person where uuid = activity.user_uuid)
            then 'its author is not among the users'
        when btrim(coalesce(activity.message, '')) = '' then 'its message is blank'
        when char_length(activity.message) > 280 then 'its message is longer than 280 characters'
    end
    where not (expired_choice = 'purge' and coalesce(activity.expires_at <= now() at time zone 'UTC', false));

    insert into activities (
        uuid, user_uuid, message, reposts_count, likes_count, expires_at, created_at
    )
    select
        activity.uuid,
        author.kept_uuid,
        activity.message,
        greatest(coalesce(activity.reposts_count, 0), 0),
        greatest(coalesce(activity.likes_count, 0), 0),
        case
            when activity.expires_at > now() at time zone 'UTC'
                then activity.expires_at at time zone 'UTC'
        end,
        coalesce(activity.created_at at time zone 'UTC', now())
    from prototype_activities as activity
    join prototype_person as author on author.uuid = activity.user_uuid
    where activity.left_because is null
        and not (expired_choice = 'purge' and coalesce(activity.expires_at <= now() at time zone 'UTC', false));

    create table prototype_takeover (
        outcome text   not null,
        rows    bigint not null,

        constraint prototype_takeover_pkey primary key (outcome)
    );
    insert into prototype_takeover (outcome, rows)
    values
        ('users found', users_found),
        ('users carried', (select count(*) from prototype_person where uuid = kept_uuid)),
        ('users merged', (select count(*) from prototype_person where uuid <> kept_uuid)),
        (
            'users given another handle',
            (
                select count(*)
                from users
                join prototype_users using (uuid)
                where users.handle is distinct from prototype_users.handle
            )
        ),
        ('activities found', activities_found),
        ('activities carried', (select count(*) from activities)),
        ('activities purged', case when expired_choice = 'purge' then expired_rows else 0 end),
        (
            'activities left',
            (select count(*) from prototype_activities where left_because is not null)
        );

    delete from prototype_activities where left_because is null;
    drop table prototype_users;
    if not exists (select from prototype_activities) then
        drop table prototype_activities;
    end if;
end
$$;
