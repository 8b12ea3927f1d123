-- A deleted activity with many replies below it is gone at once, and the purge deletes its rows later: a request
-- has no time to delete a hundred thousand rows.

-- The deleted activities whose rows the purge still has to delete. Their expires_at is in the past, so
-- live_activities does not have them; it still has the replies below them. There is no foreign key, which would cost
-- every deleted row a look-up: the purge also deletes a row here whose activity does not exist.
create table deleted_activities (
    activity_uuid uuid        not null,
    deleted_at    timestamptz not null default now(),

    constraint deleted_activities_pkey primary key (activity_uuid)
);

-- Whether the activity or one above it is in deleted_activities. In plpgsql, because each session plans it once.
create function is_deleted(activity uuid) returns boolean
language plpgsql stable
as $$
begin
    return exists (select from deleted_activities)
        and exists (
            with recursive above as (
                select activity as uuid
                union all
                select parent.uuid
                from above
                -- offset 0: an index look-up for each, however many the planner expects.
                cross join lateral (
                    select reply_to_activity_uuid as uuid
                    from activities
                    where activities.uuid = above.uuid
                    offset 0
                ) as parent
                where parent.uuid is not null
            )
            select
            from above
            join deleted_activities on deleted_activities.activity_uuid = above.uuid
        );
end
$$;

-- What a request may find by its id: the live activities of which none above is deleted. live_activities is enough for
-- top-level activities and for replies to an activity that was found here. While deleted_activities is empty,
-- PostgreSQL asks for that once in a statement and calls no function.
-- The first test of the parent is there because a search may find a hundred thousand replies to one deleted activity.
create view reachable_activities as
select
    uuid,
    user_uuid,
    message,
    replies_count,
    reposts_count,
    likes_count,
    reply_to_activity_uuid,
    expires_at,
    created_at
from live_activities
where reply_to_activity_uuid is null
    or not exists (select from deleted_activities)
    or (
        reply_to_activity_uuid not in (select activity_uuid from deleted_activities)
        and not is_deleted(uuid)
    );
