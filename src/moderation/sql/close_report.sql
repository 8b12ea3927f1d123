-- Closes the open report $1 with the reason $2 and the operator's note $3 (empty for none). If $4, removes the report's
-- copies and the reporter's note. Returns no row when the report does not exist; was_open is false when it was closed
-- already.
with found as materialized (
    select
        uuid,
        closed_at is null as was_open
    from reports
    where uuid = $1
    for update
),
closed as (
    update reports
    set
        closed_at = now(),
        closing_reason = $2,
        closing_note = nullif($3, ''),
        note = case when not $4 then reports.note end,
        copy_removed_at = case
            when $4 then coalesce(reports.copy_removed_at, now())
            else reports.copy_removed_at
        end
    from found
    where reports.uuid = found.uuid
        and found.was_open
    returning
        reports.uuid,
        reports.activity_uuid,
        reports.reason,
        reports.status,
        reports.created_at,
        reports.closed_at,
        reports.closing_reason,
        reports.copy_removed_at
),
removed as (
    delete from report_copies
    using closed
    where $4
        and report_copies.report_uuid = closed.uuid
)
select
    found.was_open,
    closed.uuid,
    closed.activity_uuid,
    closed.reason,
    closed.status,
    closed.created_at,
    closed.closed_at,
    closed.closing_reason,
    closed.copy_removed_at
from found
left join closed on true
