-- The reports by the user with id $1 of activities after the one with id $2, in the order of their ids, $3 at most.
select
    uuid,
    activity_uuid,
    reason,
    note,
    created_at
from reports
where reporter_uuid = $1
    and activity_uuid > $2
order by activity_uuid
limit $3
