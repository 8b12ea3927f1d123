-- Searches the index: the segments from the position ($5 newest, $6 segment) on, $7 at most, of those that may have a match
-- 128, and of those that have some as many as have the matches of $8 pages. Returns the cursors of the live activities that match the
-- search term $1 before the cursor ($2 created_at, $3 uuid), newest first, $4 at most, with segment null. If segments are
-- left, the last row has the position from which to go on, as created_at and segment: no activity that is left is newer.
with part as materialized (
    select
        part,
        is_beginning,
        first_word,
        last_word
    from search_parts($1)
),
read as materialized (
    select
        newest,
        segment,
        row_number() over (order by newest desc, segment desc) as number
    from (
        select
            newest,
            segment
        from search_segments
        where (newest, segment) <= ($5, $6)
            and oldest <= $2
            and exists (select from part)
        order by
            newest desc,
            segment desc
        limit $7::bigint + 1
    ) as newest_segments
),
-- Which segments of a group may have a word of each part, in each built group. Not for few segments, because most searches
-- end before. The beginning of more than 1,000 noted words, as a single letter is, may be in each segment.
matching_group as materialized (
    select
        built.segment_group,
        of_words.segments & coalesce(of_beginning.segments, of_words.segments) as segments
    from (
        select distinct segment / 32 as segment_group
        from read
        where $7 > 128
    ) as of_read
    join search_groups as built
        on built.segment_group = of_read.segment_group
        and built.is_built
    cross join lateral (
        select case
            when count(*) = (select count(distinct part) from part where not is_beginning)
                then coalesce(bit_and(of_part.segments), -1)
            else 0
        end as segments
        from (
            select bit_or(noted.segments) as segments
            from part
            -- offset 0, here and below: an index range for each row, however many the planner expects.
            cross join lateral (
                select segments
                from search_group_segments(built.segment_group, part.first_word, part.last_word) as segments
                offset 0
            ) as noted
            where not part.is_beginning
            group by part.part
        ) as of_part
    ) as of_words
    cross join lateral (
        select case
            when not exists (select from part where is_beginning) then null
            when count(*) > 1000 then -1
            else coalesce(bit_or(noted.segments), 0)
        end as segments
        from (
            select ranged.segments
            from part
            cross join lateral (
                select segments
                from search_group_segments(built.segment_group, part.first_word, part.last_word) as segments
                offset 0
            ) as ranged
            where part.is_beginning
                and of_words.segments <> 0
            limit 1001
        ) as noted
    ) as of_beginning
),
candidate as materialized (
    select
        read.segment,
        read.number,
        row_number() over (order by read.number) as candidate_number
    from read
    left join matching_group on matching_group.segment_group = read.segment / 32
    where coalesce(matching_group.segments, -1) >> (read.segment % 32) & 1 = 1
),
-- The activities that have a word of each part: first of the parts with one or two words, and only where there are any
-- also of the last part, which may be the beginning of many words.
matching as materialized (
    select
        candidate.segment,
        candidate.number,
        of_words.activities & coalesce(of_beginning.activities, of_words.activities) as activities
    from candidate
    cross join lateral (
        select coalesce(bit_and(of_part.activities), ~ repeat('0', 2048)::bit(2048)) as activities
        from (
            select bit_or(
                coalesce(indexed.activities, set_bit(repeat('0', 2048)::bit(2048), ordinal, 1))
            ) as activities
            from part
            cross join lateral (
                select
                    activities,
                    ordinals
                from search_words
                where search_words.segment = candidate.segment
                    and search_words.word >= part.first_word
                    and search_words.word <= part.last_word
                offset 0
            ) as indexed
            left join lateral unnest(indexed.ordinals) as ordinal on true
            where not part.is_beginning
            group by part.part
        ) as of_part
        having count(*) = (select count(distinct part) from part where not is_beginning)
    ) as of_words
    left join lateral (
        select bit_or(
            coalesce(indexed.activities, set_bit(repeat('0', 2048)::bit(2048), ordinal, 1))
        ) as activities
        from part
        cross join lateral (
            select
                activities,
                ordinals
            from search_words
            where search_words.segment = candidate.segment
                and search_words.word >= part.first_word
                and search_words.word <= part.last_word
            offset 0
        ) as indexed
        left join lateral unnest(indexed.ordinals) as ordinal on true
        where part.is_beginning
            and of_words.activities <> repeat('0', 2048)::bit(2048)
    ) as of_beginning on true
    where candidate.candidate_number <= 128
        and candidate.number <= $7
        and (of_beginning.activities is not null or not exists (select from part where is_beginning))
),
-- Segments enough for the page are looked up, and a few more, as some of their activities may not be shown.
numbered as materialized (
    select
        segment,
        number,
        activities,
        coalesce(
            sum(least(bit_count(activities), $4)) over (order by number rows between unbounded preceding and 1 preceding),
            0
        ) as matches_before
    from matching
    where activities <> repeat('0', 2048)::bit(2048)
),
next as materialized (
    select
        newest,
        segment
    from read
    where number > $7
        or number = (select number from candidate where candidate_number = 129)
        or number in (select number from numbered where matches_before >= $4 * $8)
    order by number
    limit 1
),
found as materialized (
    select
        of_segment.created_at,
        of_segment.uuid
    from numbered
    cross join lateral (
        select
            activity.created_at,
            activity.uuid
        from (
            select noted.uuid
            from search_blocks
            cross join lateral unnest(search_blocks.activity_uuids) with ordinality as noted (uuid, number)
            where search_blocks.segment = numbered.segment
                and substring(numbered.activities from search_blocks.block * 64 + 1 for 64)
                    <> repeat('0', 64)::bit(64)
                and get_bit(numbered.activities, search_blocks.block * 64 + noted.number::integer - 1) = 1
            order by
                search_blocks.block desc,
                noted.number desc
            -- offset 0 makes PostgreSQL sort first, so that it looks up no more activities than the page has.
            offset 0
        ) as newest_first
        cross join lateral (
            select
                created_at,
                uuid
            from reachable_activities
            where reachable_activities.uuid = newest_first.uuid
            offset 0
        ) as activity
        where (activity.created_at, activity.uuid) < ($2, $3)
        limit $4
    ) as of_segment
    where numbered.matches_before < $4 * $8
    order by
        of_segment.created_at desc,
        of_segment.uuid desc
    limit $4
)
select
    created_at,
    uuid,
    null::integer as segment
from found
union all
select
    newest as created_at,
    null as uuid,
    segment
from next
