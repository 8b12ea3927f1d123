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
-- The activity itself comes before a copy, which an activity that was restored has, too.
activity as materialized (
    select
        uuid,
        user_uuid,
        handle,
        display_name,
        message,
        reply_to_activity_uuid,
        expires_at,
        created_at,
        gone_at
    from reportable_activities
    where uuid = $2
    order by gone_at desc nulls first
    limit 1
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
            parent.uuid,
            parent.user_uuid,
            parent.handle,
            parent.display_name,
            parent.message,
            parent.reply_to_activity_uuid,
            parent.expires_at,
            parent.created_at,
            parent.gone_at
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
                gone_at
            from reportable_activities
            where uuid = activity.reply_to_activity_uuid
            order by gone_at desc nulls first
            limit 1
        ) as parent
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
