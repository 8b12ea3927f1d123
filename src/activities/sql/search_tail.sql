-- Searches the activities whose words are not in the search index yet: the rows of the tail from the position
-- ($5 newest, $6 part) on, $7 activities and 1,000 rows at most, or one row. Returns the cursors of the live activities
-- that match the search term $1 before the cursor ($2 created_at, $3 uuid), newest first, $4 at most, with is_found
-- true. If rows are left, the last row has is_found false and the position from which to go on, as created_at and uuid:
-- no activity that is left is newer.
with part as materialized (
    select '%' || needle || '%' as needle
    from search_parts($1)
),
read as materialized (
    select
        newest,
        part,
        activity_uuids,
        row_number() over in_order as number,
        sum(activities) over in_order - activities as activities_before
    from (
        select
            newest,
            part,
            activities,
            activity_uuids
        from search_tail
        where (newest, part) <= ($5, $6)
            and oldest <= $2
            and exists (select from part)
        order by
            newest desc,
            part desc
        limit 1001
    ) as newest_rows
    window in_order as (order by newest desc, part desc rows unbounded preceding)
),
candidate as materialized (
    select
        activity.uuid,
        activity.created_at,
        activity.message,
        author.handle
    from read
    cross join lateral unnest(read.activity_uuids) as noted (uuid)
    -- offset 0, here and below: a look-up for each row, however many the planner expects.
    cross join lateral (
        select
            uuid,
            user_uuid,
            message,
            created_at
        from activities
        where activities.uuid = noted.uuid
        offset 0
    ) as activity
    cross join lateral (
        select handle
        from users
        where users.uuid = activity.user_uuid
        offset 0
    ) as author
    where (read.number = 1 or read.number <= 1000 and read.activities_before < $7)
        and (activity.created_at, activity.uuid) < ($2, $3)
        -- Few others are looked at by word, which takes ten times as long.
        and search_folded('@' || author.handle || ' ' || activity.message) collate "C"
            like all(array(select needle from part))
),
found as materialized (
    select
        newest_first.created_at,
        newest_first.uuid
    from (
        select
            uuid,
            created_at,
            message,
            handle
        from candidate
        order by
            created_at desc,
            uuid desc
        -- offset 0 makes PostgreSQL sort first, so that it looks at no more rows than the page has.
        offset 0
    ) as newest_first
    where search_document(
            newest_first.handle,
            newest_first.message,
            search_words(newest_first.handle || ' ' || newest_first.message)
        ) @@ (select search_query($1))
        and exists (
            select
            from reachable_activities
            where reachable_activities.uuid = newest_first.uuid
            offset 0
        )
    limit $4
)
select
    created_at,
    uuid,
    true as is_found
from found
union all
(
    select
        newest as created_at,
        part as uuid,
        false as is_found
    from read
    where number > 1
        and (number > 1000 or activities_before >= $7)
    order by number
    limit 1
)
