-- The parts that the feed statements share. PostgreSQL inlines both functions into a statement, so that it is planned as
-- if their text stood there.

-- The names that a feed shows of a user.
create function names_of_user(user_uuid uuid) returns table (display_name text, handle text)
language sql stable rows 1
as $$
    select
        users.display_name,
        users.handle
    from users
    where users.uuid = names_of_user.user_uuid
    -- offset 0 keeps this an index lookup for each row: without it, a planner that expects many rows would read all
    -- users.
    offset 0
$$;

-- The latest three live replies to an activity, each with its author.
create function latest_replies(parent uuid) returns table (
    uuid          uuid,
    display_name  text,
    handle        text,
    message       text,
    replies_count integer,
    reposts_count integer,
    likes_count   integer,
    expires_at    timestamptz,
    created_at    timestamptz
)
language sql stable rows 3
as $$
    select
        reply.uuid,
        author.display_name,
        author.handle,
        reply.message,
        reply.replies_count,
        reply.reposts_count,
        reply.likes_count,
        reply.expires_at,
        reply.created_at
    from (
        select
            live_activities.uuid,
            live_activities.user_uuid,
            live_activities.message,
            live_activities.replies_count,
            live_activities.reposts_count,
            live_activities.likes_count,
            live_activities.expires_at,
            live_activities.created_at
        from live_activities
        where live_activities.reply_to_activity_uuid = latest_replies.parent
        order by
            live_activities.created_at desc,
            live_activities.uuid desc
        limit 3
    ) as reply
    cross join lateral names_of_user(reply.user_uuid) as author
$$;
