-- Stores the report of the activity $2 by the user with Cognito id $1, with the reason $3 and the note $4 (empty for
-- none), and copies of the activity and of the one that it answers. A user can make $5 reports in 24 hours while none of
-- them is closed. Returns no row when no user has the Cognito id. `uuid` is the id of the report, or of the user's
-- earlier report of the activity. It is null when nothing is stored: hidden_reason is why the user is hidden; is_found is
-- false when the activity cannot be reported; retry_after is the seconds until the user can make another report.
with reporter as (
    select
        users.uuid,
        (
            select reason
            from hidden_users
            where hidden_users.user_uuid = users.uuid
        ) as hidden_reason
    from users
    where users.cognito_user_id = $1
),
earlier as materialized (
    select reports.uuid
    from reporter
    join reports on reports.reporter_uuid = reporter.uuid
    where reports.activity_uuid = $2
),
today as materialized (
    select reports.created_at
    from reporter
    join reports on reports.reporter_uuid = reporter.uuid
    where reports.closed_at is null
        and reports.created_at > now() - interval '24 hours'
    order by reports.created_at desc
    limit $5
),
quota as materialized (
    select
        case
            when count(*) >= $5
                then ceil(extract(epoch from min(created_at) + interval '24 hours' - now()))::bigint
        end as retry_after
    from today
),
-- A reply below a deleted activity is gone since that was deleted; deleted_since reads all activities above. The
-- activity itself comes before a copy, which an activity that was restored has, too.
activity as materialized (
    select
        kept.uuid,
        kept.user_uuid,
        kept.handle,
        kept.display_name,
        kept.message,
        kept.reply_to_activity_uuid,
        kept.expires_at,
        kept.created_at,
        kept.is_copy,
        deletion.deleted_at,
        least(kept.gone_at, deletion.deleted_at) as gone_at
    from kept_activities as kept
    -- offset 0, here and below, evaluates it once.
    cross join lateral (
        select case when not kept.is_copy then deleted_since(kept.uuid) end as deleted_at
        offset 0
    ) as deletion
    where kept.uuid = $2
        and coalesce(least(kept.gone_at, deletion.deleted_at), 'infinity')
            > now() - interval '24 hours'
    order by kept.is_copy
    limit 1
),
-- What is deleted above the activity is above its parent, too, unless the activity itself was deleted.
parent as materialized (
    select
        kept.uuid,
        kept.user_uuid,
        kept.handle,
        kept.display_name,
        kept.message,
        kept.reply_to_activity_uuid,
        kept.expires_at,
        kept.created_at,
        least(kept.gone_at, deletion.deleted_at) as gone_at
    from activity
    cross join lateral (
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
            is_copy
        from kept_activities
        where uuid = activity.reply_to_activity_uuid
        order by is_copy
        limit 1
    ) as kept
    cross join lateral (
        select
            case
                when activity.is_copy and not kept.is_copy then deleted_since(kept.uuid)
                else activity.deleted_at
            end as deleted_at
        offset 0
    ) as deletion
    where coalesce(least(kept.gone_at, deletion.deleted_at), 'infinity')
        > now() - interval '24 hours'
),
stored as (
    insert into reports (reporter_uuid, activity_uuid, reason, note)
    select
        reporter.uuid,
        activity.uuid,
        $3,
        nullif($4, '')
    from reporter
    cross join activity
    cross join quota
    where reporter.hidden_reason is null
        and quota.retry_after is null
        and not exists (select from earlier)
    -- A concurrent report of the same user and activity.
    on conflict on constraint reports_reporter_uuid_activity_uuid_key do update
    set reporter_uuid = excluded.reporter_uuid
    returning
        uuid,
        -- The update of an existing row locks it, which sets xmax; an inserted row has xmax 0.
        xmax = 0 as is_new
),
copied as (
    insert into report_copies (
        report_uuid,
        role,
        activity_uuid,
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
        stored.uuid,
        copy.role,
        copy.uuid,
        copy.user_uuid,
        copy.handle,
        copy.display_name,
        copy.message,
        copy.reply_to_activity_uuid,
        copy.expires_at,
        copy.created_at,
        copy.gone_at
    from stored
    cross join (
        select
            'activity' as role,
            uuid,
            user_uuid,
            handle,
            display_name,
            message,
            reply_to_activity_uuid,
            expires_at,
            created_at,
            gone_at
        from activity
        union all
        select
            'parent',
            uuid,
            user_uuid,
            handle,
            display_name,
            message,
            reply_to_activity_uuid,
            expires_at,
            created_at,
            gone_at
        from parent
    ) as copy
    where stored.is_new
)
select
    reporter.hidden_reason,
    case when reporter.hidden_reason is null then coalesce(earlier.uuid, stored.uuid) end as uuid,
    activity.uuid is not null as is_found,
    quota.retry_after
from reporter
cross join quota
left join earlier on true
left join activity on true
left join stored on true
