-- The reports with one of the states $1 before the cursor ($2 created_at, $3 uuid), newest first, $4 at most. Each state
-- is a range of reports_status_idx of its own.
select
    report.uuid,
    report.activity_uuid,
    report.reason,
    report.status,
    report.created_at,
    report.closed_at,
    report.closing_reason,
    report.copy_removed_at
from unnest($1::text[]) as wanted (status)
cross join lateral (
    select
        uuid,
        activity_uuid,
        reason,
        status,
        created_at,
        closed_at,
        closing_reason,
        copy_removed_at
    from reports
    where reports.status = wanted.status
        and (reports.created_at, reports.uuid) < ($2, $3)
    order by
        reports.created_at desc,
        reports.uuid desc
    limit $4
) as report
order by
    report.created_at desc,
    report.uuid desc
limit $4
