-- Removes the copies and the notes of reports that were made 90 days ago, of $1 reports at most. Skips rows that another
-- server is changing.
with old as materialized (
    select uuid
    from reports
    where copy_removed_at is null
        and created_at <= now() - interval '90 days'
    order by created_at
    limit $1
    for update skip locked
),
removed as (
    delete from report_copies
    where report_uuid = any(array(select uuid from old))
)
update reports
set
    note = null,
    copy_removed_at = now()
where uuid = any(array(select uuid from old))
