-- The planner believed that every look-up by activity finds most of the table, once a single activity had nearly all of the
-- replies, reactions or notifications. It then scanned the table for each row that the purge deletes, also to check foreign
-- keys, so that a thousand rows took longer than a statement may. Now it expects ten rows of each activity.

alter table activities alter column reply_to_activity_uuid set (n_distinct = -0.1);
alter table reactions alter column activity_uuid set (n_distinct = -0.1);
alter table notifications alter column activity_uuid set (n_distinct = -0.1);

-- A sample of 30,000 rows; the number above is in force from then on.
analyze activities (reply_to_activity_uuid);
analyze reactions (activity_uuid);
analyze notifications (activity_uuid);
