-- Deletes the live activity $1 with all replies below it, if its author is the user with Cognito id $2, and subtracts
-- it from its parent's count. The author of a hidden activity can delete it too. Without $2, it deletes any user's
-- activity, expired or not. Up to 1,000 rows are deleted at once, reactions included. If there are more, or another
-- transaction has locked one of them, the activity is marked as deleted, which makes all of them unreachable, and the
-- purge deletes the rows. Returns no row when the activity does not exist, has expired or is deleted; is_author is false
-- when another user wrote it; is_deleted is false when a concurrent statement deleted it first.
with recursive target as (
    select
        activities.uuid,
        activities.reply_to_activity_uuid,
        $2::text is null or users.cognito_user_id = $2 as is_author
    from activities
    join users on users.uuid = activities.user_uuid
    where activities.uuid = $1
        and not is_deleted($1)
        and (
            $2 is null
            or exists (
                select
                from reachable_activities
                where reachable_activities.uuid = $1
            )
            or (
                users.cognito_user_id = $2
                and exists (
                    select
                    from hidden_users
                    where hidden_users.user_uuid = users.uuid
                )
            )
        )
),
thread as (
    select uuid
    from target
    where is_author
    union all
    select reply.uuid
    from thread
    -- offset 0 keeps this an index lookup for each row, even when the planner expects many rows.
    cross join lateral (
        select uuid
        from activities
        where reply_to_activity_uuid = thread.uuid
        offset 0
    ) as reply
),
first_rows as materialized (
    select uuid
    from thread
    limit 1001
),
locked as materialized (
    select
        uuid,
        likes_count + reposts_count as reactions
    from activities
    where uuid = any(array(select uuid from first_rows))
    for update skip locked
),
size as materialized (
    select
        locked.count + locked.reactions <= 1000 and locked.count = first_rows.count as is_small
    from (select count(*) from first_rows) as first_rows
    cross join (
        select
            count(*),
            coalesce(sum(reactions), 0) as reactions
        from locked
    ) as locked
),
deleted as (
    delete from activities
    where uuid = any(array(select uuid from locked))
        and (select is_small from size)
    returning uuid
),
-- Any time in the past does. This one is before every now(), even if the clock was set back.
marked as (
    update activities
    set expires_at = 'epoch'
    from target
    where activities.uuid = target.uuid
        and target.is_author
        and not (select is_small from size)
        and activities.expires_at is distinct from 'epoch'
    returning activities.uuid
),
pending as (
    insert into deleted_activities (activity_uuid)
    select uuid
    from marked
    on conflict do nothing
),
gone as (
    select uuid
    from deleted
    union all
    select uuid
    from marked
),
counted as (
    update activities
    set replies_count = replies_count - 1
    from target
    join gone on gone.uuid = target.uuid
    where activities.uuid = target.reply_to_activity_uuid
)
select
    is_author,
    exists (select from gone where gone.uuid = target.uuid) as is_deleted
from target
