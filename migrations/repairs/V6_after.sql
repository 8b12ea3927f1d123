-- Puts back the notifications that V6_before.sql kept, in place of those that V6 computed.
truncate notifications;

insert into notifications (user_uuid, created_at, activity_uuid)
select
    user_uuid,
    created_at,
    activity_uuid
from kept_notifications;

drop table kept_notifications;
