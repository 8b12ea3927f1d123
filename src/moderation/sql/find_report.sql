-- The report $1 with its reporter, whose columns are null once that user is deleted. is_live is whether the API still
-- shows the activity.
select
    reports.uuid,
    reports.activity_uuid,
    reports.reason,
    reports.status,
    reports.created_at,
    reports.closed_at,
    reports.closing_reason,
    reports.copy_removed_at,
    reports.note,
    reports.closing_note,
    reporter.uuid as reporter_uuid,
    reporter.handle as reporter_handle,
    reporter.display_name as reporter_display_name,
    exists (
        select
        from reachable_activities
        where reachable_activities.uuid = reports.activity_uuid
    ) as is_live
from reports
left join users as reporter on reporter.uuid = reports.reporter_uuid
where reports.uuid = $1
