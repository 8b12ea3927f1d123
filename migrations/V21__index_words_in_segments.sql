-- The words of an activity leave the statement that inserts it. The statement only notes the activity in the tail, which
-- a search reads directly; the server moves the tail into an index of words, up to 2,048 activities at a time.
-- activity_documents and its index stay for one release, because requests of earlier servers may still read them, and get
-- no new rows: a server that searches them would miss new activities, so it is not ready from now on.
-- cruddur: allow table-lock: writes wait for the two seconds that a million activities take, and reads do not.
-- cruddur: allow data-under-lock: each activity must be noted here or seen by the trigger, and only ids are noted.
-- cruddur: allow prefer-bigint-over-smallint: the numbers count to 2,048, and there is one for each word of an activity.

-- Writes wait until this file is done, so that each activity is either noted below or seen by the trigger.
lock table activities in share row exclusive mode;

-- The tail: the activities whose words are not in the index yet. A row has those of one statement, or 2,048 of them.
create table search_tail (
    -- The times of its newest and its oldest activity.
    newest         timestamptz not null,
    part           uuid        not null default gen_random_uuid(),
    oldest         timestamptz not null,
    activities     integer     not null,
    -- The sum over its activities of the length of the message in bytes, or 256 if it is shorter. A row has, and so does
    -- a segment, at most 2^19 and one message: 2,048 activities or half a megabyte of messages.
    weight         bigint      not null,
    activity_uuids uuid[]      not null,

    constraint search_tail_pkey primary key (newest, part)
)
-- Rows come and go all the time. The uuids cannot be compressed.
with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000, toast_tuple_target = 4080);

alter table search_tail alter column activity_uuids set storage external;

-- Those of which several become one segment. The others have at least half of a segment.
create index search_tail_small_idx
    on search_tail (newest, part, activities, weight)
    where weight < 262144;

-- The index of words. A segment has up to 2,048 activities, numbered from 0 in the order of (created_at, uuid). The
-- times of segments may overlap. There are no foreign keys to segments, which would cost every word a look-up, nor to
-- activities, of which some are deleted: the server rebuilds a segment without them.
create table search_segments (
    segment    integer     generated always as identity,
    newest     timestamptz not null,
    oldest     timestamptz not null,
    activities integer     not null,
    indexed_at timestamptz not null default now(),
    -- When the server looks which of its activities still exist.
    due_at     timestamptz not null,

    constraint search_segments_pkey primary key (segment)
);

-- The order in which a search reads them.
create index search_segments_newest_idx on search_segments (newest desc, segment desc, oldest);

create index search_segments_due_at_idx on search_segments (due_at);

-- The activities of a segment, 64 in a block.
create table search_blocks (
    segment        integer  not null,
    block          smallint not null,
    activity_uuids uuid[]   not null,

    constraint search_blocks_pkey primary key (segment, block)
);

-- Which activities of a segment have a word: the numbers of up to 32, else a bit for each activity.
create table search_words (
    segment    integer    not null,
    word       text       collate "C" not null,
    ordinals   smallint[],
    activities bit(2048),

    constraint search_words_pkey primary key (segment, word),
    constraint search_words_activities_given check ((ordinals is null) <> (activities is null))
);

-- What a query asks for, as search_query has it: an activity must have a word of each part. A part has one or two rows,
-- each with a range of words: one word, or all words with one beginning. The text of an activity that has a word of the
-- part contains `needle`, in lower case, because the English stemmer changes no letter of a word but the last of the stem
-- (in `die`, `lie` and `tie` the last two).
create function search_parts(term text) returns table (
    part         bigint,
    is_beginning boolean,
    first_word   text,
    last_word    text,
    needle       text
)
language sql immutable parallel safe
as $$
    with name as (
        select unnest(search_names(term)) as name
    ),
    word as (
        select
            parsed.token,
            parsed.place = max(parsed.place) over () as is_last,
            (ts_lexize('english_stem', parsed.token))[1] as stem
        from unnest(string_to_array(search_words(term), ' '))
            with ordinality as parsed (token, place)
        where parsed.token <> ''
    ),
    wanted as (
        select
            name as token,
            false as is_last,
            null as stem
        from name
        union
        select
            token,
            is_last,
            stem
        from word
        -- An activity that has the name has the words in it.
        where token not in (
            select unnest(string_to_array(search_words(name), ' '))
            from name
        )
    ),
    numbered as (
        select
            row_number() over () as part,
            token,
            is_last,
            stem,
            case
                when stem is null then token
                when right(stem, 2) = 'ie' then left(stem, length(stem) - 2)
                else left(stem, greatest(length(stem) - 1, 1))
            end as needle
        from wanted
    )
    select
        part,
        is_last,
        token,
        -- No text has U+10FFFF, the last character.
        case when is_last then token || U&'\+10FFFF' else token end,
        needle
    from numbered
    union all
    select
        part,
        is_last,
        stem,
        stem,
        needle
    from numbered
    where stem <> token
        and not (is_last and starts_with(stem, token))
$$;

-- The function of V16, except that it notes the activities in the tail instead of finding out their words.
create or replace function describe_activities() returns trigger
language plpgsql
as $$
declare
    noted record;
begin
    select
        max(created_at) as newest,
        min(created_at) as oldest,
        count(*) as activities,
        sum(greatest(octet_length(message), 256)) as weight,
        array_agg(uuid) as activity_uuids,
        bool_or(reply_to_activity_uuid is not null or strpos(message, '@') > 0) as concerns_others
    into noted
    from written;

    if noted.weight <= 524288 then
        insert into search_tail (newest, oldest, activities, weight, activity_uuids)
        values (noted.newest, noted.oldest, noted.activities, noted.weight, noted.activity_uuids);
    else
        insert into search_tail (newest, oldest, activities, weight, activity_uuids)
        select
            max(created_at),
            min(created_at),
            count(*),
            sum(weight),
            array_agg(uuid)
        from (
            select
                uuid,
                created_at,
                weight,
                (sum(weight) over (order by created_at, uuid rows unbounded preceding) - weight) / 524288 as row_number
            from (
                select
                    uuid,
                    created_at,
                    greatest(octet_length(message), 256) as weight
                from written
            ) as weighed
        ) as numbered
        group by row_number;
    end if;

    -- Most concern no other user. Without an activity this is null.
    if noted.concerns_others is not true then
        return null;
    end if;

    insert into notifications (user_uuid, created_at, activity_uuid)
    select
        mentioned.uuid,
        written.created_at,
        written.uuid
    from written
    cross join lateral unnest(
        case when strpos(written.message, '@') > 0 then search_names(written.message) end
    ) as name
    -- offset 0, here and below: a look-up for each row, however many the planner expects.
    cross join lateral (
        select uuid
        from users
        where '@' || lower(handle) = name
            and lower(handle) = substr(name, 2)
        offset 0
    ) as mentioned
    where mentioned.uuid <> written.user_uuid
        and not exists (
            select
            from blocks
            where blocks.blocker_uuid = mentioned.uuid
                and blocks.blocked_uuid = written.user_uuid
            offset 0
        )
    union
    select
        parent.user_uuid,
        written.created_at,
        written.uuid
    from written
    cross join lateral (
        select user_uuid
        from activities
        where uuid = written.reply_to_activity_uuid
        offset 0
    ) as parent
    where parent.user_uuid <> written.user_uuid;

    return null;
end
$$;

-- What was written before. Sorting a million activities takes two seconds.
insert into search_tail (newest, oldest, activities, weight, activity_uuids)
select
    max(created_at),
    min(created_at),
    count(*),
    sum(weight),
    array_agg(uuid)
from (
    select
        uuid,
        created_at,
        weight,
        (sum(weight) over (order by created_at, uuid rows unbounded preceding) - weight) / 524288 as row_number
    from (
        select
            uuid,
            created_at,
            greatest(octet_length(message), 256) as weight
        from activities
    ) as weighed
) as numbered
group by row_number;

update needed_release set migration = 21;
