-- Makes and undoes the reactions of a batch. For item n: the user with Cognito id $1[n] makes a reaction of kind $3[n] to
-- the live activity $2[n] if $4[n], else undoes it. Of several items of one user, activity and kind, the last decides.
-- A reaction that is there is not made again. The triggers of `reactions` change the counts.
--
-- Returns one row for each item, and then the activities of the batch with the latest three replies to each, in the
-- columns of list_home.sql. `ordinal` is the item's number, from 1, and null in the other rows. user_known is false
-- when no user has the Cognito id; activity_live is false when the activity does not exist or has expired; is_locked is
-- false when another transaction has locked one of the two. When one of them is false, nothing is changed; nor when
-- hidden_reason says why the user is hidden, or is_blocked says that the activity's author has blocked the user, who
-- may still undo a reaction. If $5[n], `liked` and `reposted` are what the user has liked and reposted afterwards of
-- the activity and the replies, null for none.
with item as materialized (
    select
        item.ordinal,
        item.activity_uuid,
        item.kind,
        item.is_made,
        item.with_viewer,
        reactor.uuid as user_uuid,
        reactor.hidden_reason
    from unnest($1::text[], $2::uuid[], $3::text[], $4::boolean[], $5::boolean[])
        with ordinality as item (subject, activity_uuid, kind, is_made, with_viewer, ordinal)
    -- offset 0, here and below, makes PostgreSQL look up each row in the index, even when the planner expects many.
    left join lateral (
        select
            uuid,
            (
                select reason
                from hidden_users
                where hidden_users.user_uuid = users.uuid
            ) as hidden_reason
        from users
        where cognito_user_id = item.subject
        offset 0
    ) as reactor on true
),
-- Waiting for a lock would make the other items wait too, and concurrent batches could deadlock.
locked_user as materialized (
    select uuid
    from users
    where uuid = any(array(select user_uuid from item))
    for key share skip locked
),
activity as materialized (
    select uuid
    from reachable_activities
    where uuid = any($2)
),
-- The counts are those of the last commit, which this statement's snapshot may not show.
locked_activity as materialized (
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
    where uuid = any(array(select uuid from activity))
    for no key update skip locked
),
blocked as materialized (
    select item.ordinal
    from item
    join locked_activity on locked_activity.uuid = item.activity_uuid
    where item.is_made
        and exists (
            select
            from blocks
            where blocks.blocker_uuid = locked_activity.user_uuid
                and blocks.blocked_uuid = item.user_uuid
            offset 0
        )
),
decision as materialized (
    select distinct on (item.user_uuid, item.activity_uuid, item.kind)
        item.user_uuid,
        item.activity_uuid,
        item.kind,
        item.is_made
    from item
    join locked_activity on locked_activity.uuid = item.activity_uuid
    join locked_user on locked_user.uuid = item.user_uuid
    where item.hidden_reason is null
        and item.ordinal not in (select ordinal from blocked)
    order by
        item.user_uuid,
        item.activity_uuid,
        item.kind,
        item.ordinal desc
),
made as (
    insert into reactions (user_uuid, activity_uuid, kind)
    select
        user_uuid,
        activity_uuid,
        kind
    from decision
    where is_made
    on conflict do nothing
    returning
        activity_uuid,
        kind
),
undone as (
    delete from reactions
    where ctid = any(
        array(
            select reaction.row_id
            from decision
            cross join lateral (
                select ctid as row_id
                from reactions
                where user_uuid = decision.user_uuid
                    and activity_uuid = decision.activity_uuid
                    and kind = decision.kind
                offset 0
            ) as reaction
            where not decision.is_made
        )
    )
    returning
        activity_uuid,
        kind
),
changed as (
    select
        activity_uuid,
        sum(change) filter (where kind = 'like') as likes,
        sum(change) filter (where kind = 'repost') as reposts
    from (
        select
            activity_uuid,
            kind,
            1 as change
        from made
        union all
        select
            activity_uuid,
            kind,
            -1 as change
        from undone
    ) as change
    group by activity_uuid
),
reply as materialized (
    select
        locked_activity.uuid as under,
        latest.*
    from locked_activity
    cross join lateral latest_replies(locked_activity.uuid) as latest
    where locked_activity.replies_count > 0
)
select
    item.ordinal,
    item.user_uuid is not null as user_known,
    activity.uuid is not null as activity_live,
    locked_activity.uuid is not null and locked_user.uuid is not null as is_locked,
    item.hidden_reason,
    item.ordinal in (select ordinal from blocked) as is_blocked,
    item.activity_uuid,
    item.with_viewer,
    viewer.liked,
    viewer.reposted,
    null::uuid as under,
    null::uuid as uuid,
    null as display_name,
    null as handle,
    null as message,
    null::integer as replies_count,
    null::integer as reposts_count,
    null::integer as likes_count,
    null::uuid as reply_to_activity_uuid,
    null::timestamptz as expires_at,
    null::timestamptz as created_at
from item
left join activity on activity.uuid = item.activity_uuid
left join locked_activity on locked_activity.uuid = item.activity_uuid
left join locked_user on locked_user.uuid = item.user_uuid
left join lateral (
    select
        array_agg(reaction.activity_uuid) filter (where reaction.kind = 'like') as liked,
        array_agg(reaction.activity_uuid) filter (where reaction.kind = 'repost') as reposted
    from (
        select
            earlier.activity_uuid,
            earlier.kind
        from (
            select
                activity_uuid,
                kind
            from reactions
            where user_uuid = item.user_uuid
                and activity_uuid = any(
                    array(select uuid from reply where under = item.activity_uuid) || item.activity_uuid
                )
                and item.with_viewer
            offset 0
        ) as earlier
        where not exists (
            select
            from decision
            where decision.user_uuid = item.user_uuid
                and decision.activity_uuid = earlier.activity_uuid
                and decision.kind = earlier.kind
        )
        union all
        select
            activity_uuid,
            kind
        from decision
        where user_uuid = item.user_uuid
            and is_made
            and item.with_viewer
    ) as reaction
) as viewer on true
union all
select
    null as ordinal,
    null as user_known,
    null as activity_live,
    null as is_locked,
    null as hidden_reason,
    null as is_blocked,
    null as activity_uuid,
    null as with_viewer,
    null as liked,
    null as reposted,
    null as under,
    locked_activity.uuid,
    author.display_name,
    author.handle,
    locked_activity.message,
    locked_activity.replies_count,
    (locked_activity.reposts_count + coalesce(changed.reposts, 0))::integer as reposts_count,
    (locked_activity.likes_count + coalesce(changed.likes, 0))::integer as likes_count,
    locked_activity.reply_to_activity_uuid,
    locked_activity.expires_at,
    locked_activity.created_at
from locked_activity
cross join lateral names_of_user(locked_activity.user_uuid) as author
left join changed on changed.activity_uuid = locked_activity.uuid
union all
select
    null as ordinal,
    null as user_known,
    null as activity_live,
    null as is_locked,
    null as hidden_reason,
    null as is_blocked,
    null as activity_uuid,
    null as with_viewer,
    null as liked,
    null as reposted,
    reply.under,
    reply.uuid,
    reply.display_name,
    reply.handle,
    reply.message,
    reply.replies_count,
    reply.reposts_count,
    reply.likes_count,
    reply.under as reply_to_activity_uuid,
    reply.expires_at,
    reply.created_at
from reply
