-- For psql: lets the newest :rows activities, with their replies, expire at :moment (seconds since
-- 1970).
with newest as (
    select uuid
    from activities
    where reply_to_activity_uuid is null
    order by
        created_at desc,
        uuid desc
    limit :rows
)
update activities
set expires_at = to_timestamp(:moment)
where uuid in (select uuid from newest)
    or reply_to_activity_uuid in (select uuid from newest);
