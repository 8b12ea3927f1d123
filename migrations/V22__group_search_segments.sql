-- A search of a rare word looked in each segment of the index of words. Of 32 segments together, search_group_words says
-- which of them have a word, so that a search reads only these.
-- cruddur: allow data-under-lock: a row for 65,536 activities; only the task that indexes words waits.

-- Segments by their numbers, 32 in a group. A search looks up single segments of a group that is not built.
create table search_groups (
    segment_group integer     not null,
    is_built      boolean     not null default false,
    -- How many segments it had when it was built.
    segments      integer     not null default 0,
    -- When the server builds the group, or looks which of its segments still exist. Infinity while segments are added.
    due_at        timestamptz not null default 'infinity',

    constraint search_groups_pkey primary key (segment_group)
);

create index search_groups_due_at_idx on search_groups (due_at);

-- There are no foreign keys to groups, for the reason that search_words has none to segments.
create table search_group_words (
    segment_group   integer   not null,
    first_beginning text      collate "C" not null,
    -- The first 16 letters of words, in their order, up to 64 in a row; the first of them is first_beginning.
    beginnings      text[]    collate "C" not null,
    -- Bit n of segments[i], from the lowest on: segment 32 * segment_group + n has a word that begins with beginnings[i].
    segments        integer[] not null,

    constraint search_group_words_pkey primary key (segment_group, first_beginning)
);

-- For each word noted in the group between the two, or of whose first 16 letters that holds: the segments that have it.
create function search_group_segments(wanted_group integer, first_word text, last_word text) returns setof integer
language sql stable parallel safe
as $$
    select word.segments
    from search_group_words
    cross join lateral unnest(search_group_words.beginnings, search_group_words.segments)
        as word (beginning, segments)
    where search_group_words.segment_group = wanted_group
        and search_group_words.first_beginning <= left(last_word, 16) collate "C"
        and search_group_words.first_beginning >= coalesce(
            (
                select max(earlier.first_beginning)
                from search_group_words as earlier
                where earlier.segment_group = wanted_group
                    and earlier.first_beginning <= left(first_word, 16) collate "C"
            ),
            ''
        )
        and word.beginning collate "C" >= left(first_word, 16)
        and word.beginning collate "C" <= left(last_word, 16)
$$;

-- Segments are numbered under a lock that lasts until they are visible. So no segment of an earlier group will follow.
-- A trigger, so that the segments of an earlier release's servers are noted, too.
create function note_search_groups() returns trigger
language plpgsql
as $$
begin
    insert into search_groups (segment_group)
    select distinct segment / 32
    from written
    on conflict do nothing;

    update search_groups
    set due_at = now()
    where due_at = 'infinity'
        and segment_group < (select max(segment) / 32 from written);

    return null;
end
$$;

create trigger search_segments_note_groups
after insert on search_segments
referencing new table as written
for each statement execute function note_search_groups();

-- The segments of before; creating the trigger keeps others from adding one until this file is done.
insert into search_groups (segment_group, due_at)
select
    segment / 32,
    case when segment / 32 < max(max(segment) / 32) over () then now() else 'infinity' end
from search_segments
group by segment / 32;
