-- The deleted activities whose rows are still to be deleted, the latest first, $1 at most.
select activity_uuid
from deleted_activities
order by deleted_at desc
limit $1
