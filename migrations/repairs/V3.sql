-- Brings an earlier text of V3 to the present one: home's index has no time to live yet, the view is
-- missing or compares expires_at otherwise, and live_home is missing. No row changes. Can run again.
create or replace function hours_to_live(created_at timestamptz, expires_at timestamptz) returns integer
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

drop index if exists activities_home_idx;
create index activities_home_idx
    on activities (
        hours_to_live(created_at, expires_at),
        created_at desc,
        uuid desc,
        coalesce(expires_at, 'infinity')
    )
    where reply_to_activity_uuid is null;

create statistics if not exists activities_hours_to_live on hours_to_live(created_at, expires_at) from activities;

drop index if exists activities_by_user_idx;
create index activities_by_user_idx
    on activities (user_uuid, created_at desc, uuid desc, coalesce(expires_at, 'infinity'))
    where reply_to_activity_uuid is null;

create or replace view live_activities as
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

create or replace function live_home(page_created_at timestamptz, page_uuid uuid) returns setof live_activities
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

-- The new statistics have no values before an analyze.
analyze activities;
