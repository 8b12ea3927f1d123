-- Notes which segments of a group have which words, in the group that has been due for longest; of several, the newest.
-- If a built group has not the segments any more with which it was built, its words are deleted, and it is due to be built
-- again. Returns 1, or 0
-- if no group is due, or while another server uses the lock of index_search_tail.sql.
with turn as materialized (
    select pg_try_advisory_xact_lock(126879263777640) as is_mine
),
due as materialized (
    select
        segment_group,
        is_built,
        segments
    from search_groups
    where due_at <= now()
        and (select is_mine from turn)
    order by
        due_at,
        segment_group desc
    limit 1
),
existing as materialized (
    select search_segments.segment
    from due
    cross join search_segments
    where search_segments.segment between due.segment_group * 32 and due.segment_group * 32 + 31
),
outcome as materialized (
    select
        due.segment_group,
        due.is_built,
        due.is_built and counted.segments <> due.segments as is_outdated,
        not due.is_built and counted.segments > 0 and counted.words <= 1000000 as is_buildable,
        counted.segments
    from due
    cross join (
        select
            (select count(*) from existing) as segments,
            -- Texts of short random letters have so many that building the group would take too long.
            (
                select count(*)
                from (
                    select
                    from existing
                    -- offset 0, here and below: an index range for each row, however many the planner expects.
                    cross join lateral (
                        select
                        from search_words
                        where search_words.segment = existing.segment
                        offset 0
                    ) as of_segment
                    where not (select is_built from due)
                    limit 1000001
                ) as word
            ) as words
    ) as counted
),
removed as (
    delete from search_group_words
    using outcome
    where search_group_words.segment_group = outcome.segment_group
        and outcome.is_outdated
),
built as (
    insert into search_group_words (segment_group, first_beginning, beginnings, segments)
    select
        outcome.segment_group,
        (array_agg(word.beginning order by word.number))[1],
        array_agg(word.beginning order by word.number),
        array_agg(word.segments order by word.number)
    from outcome
    cross join lateral (
        select
            of_group.beginning,
            of_group.segments,
            row_number() over (order by of_group.beginning) - 1 as number
        from (
            select
                left(of_segment.word, 16) as beginning,
                bit_or(1 << (existing.segment % 32)) as segments
            from existing
            cross join lateral (
                select word
                from search_words
                where search_words.segment = existing.segment
                offset 0
            ) as of_segment
            where outcome.is_buildable
            group by left(of_segment.word, 16)
        ) as of_group
    ) as word
    group by
        outcome.segment_group,
        word.number / 64
),
kept as (
    update search_groups
    set
        is_built = outcome.is_built and not outcome.is_outdated or outcome.is_buildable,
        segments = outcome.segments,
        due_at = case
            when outcome.is_outdated then now()
            when outcome.is_built or outcome.is_buildable then now() + interval '1 hour'
            else now() + interval '1 day'
        end
    from outcome
    where search_groups.segment_group = outcome.segment_group
        and outcome.segments > 0
),
emptied as (
    delete from search_groups
    using outcome
    where search_groups.segment_group = outcome.segment_group
        and outcome.segments = 0
)
select count(*) as groups
from due
