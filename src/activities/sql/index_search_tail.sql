-- Moves a part of the tail of the search into the index, as one segment: of the small rows the oldest, if all small ones
-- together make a segment; else the newest of the others; else the small rows, if they make a small segment. Returns how
-- many activities the segment has; 0 if there is none to build, or while another server builds one. The advisory lock's
-- number is "search" in ASCII. A small segment has less than half the weight, a random number from 2^30 on, and is in no
-- group, because four of them are merged. Four of the smallest make a segment.
with turn as materialized (
    select pg_try_advisory_xact_lock(126879263777640) as is_mine
),
small as materialized (
    select
        newest,
        part,
        sum(weight) over (order by newest, part rows unbounded preceding) as total
    from (
        select
            newest,
            part,
            weight
        from search_tail
        where weight < 262144
        order by
            newest,
            part
        -- So many are always enough, because the weight of each is 256 or more.
        limit 2048
    ) as oldest
),
capacity as materialized (
    select case
        when max(total) >= 491520 then 524288
        when exists (select from search_tail where weight >= 262144) then 0
        when max(total) >= 122880 then 262143
        else 0
    end as weight
    from small
),
chosen as materialized (
    select
        newest,
        part
    from small
    where total <= (select weight from capacity)
    union all
    (
        select
            newest,
            part
        from search_tail
        where weight >= 262144
            and (select weight from capacity) = 0
        order by
            newest desc,
            part desc
        limit 1
    )
),
-- A row that another server has taken since this statement began is not deleted again, so it is not indexed again.
taken as materialized (
    delete from search_tail
    using chosen
    where search_tail.newest = chosen.newest
        and search_tail.part = chosen.part
        and (select is_mine from turn)
    returning
        search_tail.activity_uuids,
        search_tail.weight
),
activity as materialized (
    select
        written.uuid,
        written.created_at,
        written.expires_at,
        written.message,
        author.handle,
        (row_number() over (order by written.created_at, written.uuid) - 1)::smallint as ordinal
    from taken
    cross join lateral unnest(taken.activity_uuids) as noted (uuid)
    -- offset 0, here and below: a look-up for each row, however many the planner expects.
    cross join lateral (
        select
            uuid,
            user_uuid,
            message,
            expires_at,
            created_at
        from activities
        where activities.uuid = noted.uuid
        offset 0
    ) as written
    cross join lateral (
        select handle
        from users
        where users.uuid = written.user_uuid
        offset 0
    ) as author
),
described as materialized (
    select
        max(created_at) as newest,
        min(created_at) as oldest,
        count(*) as activities,
        -- When a quarter has expired and is deleted, or in ten minutes.
        least(
            now() + interval '10 minutes',
            greatest(
                now(),
                percentile_disc(0.25) within group (order by coalesce(expires_at, 'infinity'))
            ) + interval '15 seconds'
        ) as due_at,
        (select sum(weight) < 262144 from taken) as is_small
    from activity
    having count(*) > 0
),
large_segment as (
    insert into search_segments (newest, oldest, activities, due_at)
    select
        newest,
        oldest,
        activities,
        due_at
    from described
    where not is_small
    returning
        segment,
        activities
),
small_segment as (
    insert into search_segments (segment, newest, oldest, activities, due_at)
    overriding system value
    select
        1073741824 + floor(random() * 1073741824)::integer,
        newest,
        oldest,
        activities,
        due_at
    from described
    where is_small
    returning
        segment,
        activities
),
segment as (
    select
        segment,
        activities
    from large_segment
    union all
    select
        segment,
        activities
    from small_segment
),
block as (
    insert into search_blocks (segment, block, activity_uuids)
    select
        segment.segment,
        activity.ordinal / 64,
        array_agg(activity.uuid order by activity.ordinal)
    from activity
    cross join segment
    group by
        segment.segment,
        activity.ordinal / 64
),
word as materialized (
    select
        token.word,
        array_agg(activity.ordinal) as ordinals
    from activity
    -- And here: worked out once, though it is used twice.
    cross join lateral (
        select search_words(activity.handle || ' ' || activity.message) as words
        offset 0
    ) as text
    cross join lateral unnest(
        tsvector_to_array(search_document(activity.handle, activity.message, text.words))
    ) as token (word)
    group by token.word
    -- In the order of the index, which makes inserting cheaper.
    order by token.word collate "C"
),
indexed as (
    insert into search_words (segment, word, ordinals, activities)
    select
        segment.segment,
        word.word,
        case when cardinality(word.ordinals) <= 32 then word.ordinals end,
        case
            when cardinality(word.ordinals) > 32 then (
                select bit_or(set_bit(repeat('0', 2048)::bit(2048), ordinal, 1))
                from unnest(word.ordinals) as ordinal
            )
        end
    from word
    cross join segment
)
select coalesce((select activities from segment), 0)::bigint as activities
