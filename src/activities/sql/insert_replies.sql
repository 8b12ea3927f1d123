-- Stores the replies of a batch and increases their parents' replies_count. For item n: the author is the user with
-- Cognito id $1[n]; the parent is the live activity $2[n], with which the reply expires; the message is $3[n]. Returns
-- one row for each item: `ordinal` is the item's number, from 1; author_known is false when no user has the Cognito id;
-- hidden_reason is why the author is hidden; parent_live is false when the parent does not exist or has expired;
-- author_blocked is true when the parent's author has blocked the reply's; parent_locked is false when another
-- transaction has locked the parent. In each of these cases no reply is stored.
with parent as materialized (
    select
        uuid,
        user_uuid
    from reachable_activities
    where uuid = any($2)
),
item as materialized (
    select
        item.ordinal,
        item.parent_uuid,
        item.message,
        author.uuid as user_uuid,
        author.display_name,
        author.handle,
        author.hidden_reason,
        parent.uuid is not null as parent_live,
        exists (
            select
            from blocks
            where blocks.blocker_uuid = parent.user_uuid
                and blocks.blocked_uuid = author.uuid
            offset 0
        ) as author_blocked,
        gen_random_uuid() as uuid
    from unnest($1::text[], $2::uuid[], $3::text[])
        with ordinality as item (subject, parent_uuid, message, ordinal)
    -- offset 0 makes PostgreSQL look up each item in the index, even when the planner expects many items. While no user
    -- is hidden, it asks for that once.
    left join lateral (
        select
            uuid,
            display_name,
            handle,
            case
                when exists (select from hidden_users) then (
                    select reason
                    from hidden_users
                    where hidden_users.user_uuid = users.uuid
                )
            end as hidden_reason
        from users
        where cognito_user_id = item.subject
        offset 0
    ) as author on true
    left join parent on parent.uuid = item.parent_uuid
),
accepted as materialized (
    select
        uuid,
        user_uuid,
        message,
        parent_uuid
    from item
    where user_uuid is not null
        and hidden_reason is null
        and parent_live
        and not author_blocked
),
-- Waiting for a lock would make the replies to other parents wait too, and concurrent batches could deadlock.
locked_parent as materialized (
    select
        uuid,
        expires_at
    from live_activities
    where uuid = any(array(select parent_uuid from accepted))
    for no key update skip locked
),
reply as materialized (
    select
        accepted.uuid,
        accepted.user_uuid,
        accepted.message,
        accepted.parent_uuid,
        locked_parent.expires_at
    from accepted
    join locked_parent on locked_parent.uuid = accepted.parent_uuid
),
counted as (
    update activities
    set replies_count = replies_count + gained.replies
    from (
        select
            parent_uuid,
            count(*) as replies
        from reply
        group by parent_uuid
    ) as gained
    where activities.uuid = gained.parent_uuid
),
inserted as (
    insert into activities (uuid, user_uuid, message, reply_to_activity_uuid, expires_at)
    select
        uuid,
        user_uuid,
        message,
        parent_uuid,
        expires_at
    from reply
    returning
        uuid,
        message,
        replies_count,
        reposts_count,
        likes_count,
        reply_to_activity_uuid,
        expires_at,
        created_at
)
select
    item.ordinal,
    item.user_uuid is not null as author_known,
    item.hidden_reason,
    item.parent_live,
    item.author_blocked,
    locked_parent.uuid is not null as parent_locked,
    inserted.uuid,
    item.display_name,
    item.handle,
    inserted.message,
    inserted.replies_count,
    inserted.reposts_count,
    inserted.likes_count,
    inserted.reply_to_activity_uuid,
    inserted.expires_at,
    inserted.created_at
from item
left join locked_parent on locked_parent.uuid = item.parent_uuid
left join inserted on inserted.uuid = item.uuid
