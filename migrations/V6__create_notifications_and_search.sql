-- What is found out about an activity when it is written: whom it concerns, and by which words it is
-- found. A trigger does it in the statement that writes, whoever writes; what is there already is
-- taken up at the end. A deleted activity takes its rows along.
--
-- A database may have any locale, `C` too, where only ASCII has letters. So everything here says
-- collate "C" and spells the letters out: two databases never disagree about a mention or a word.

-- Whom an activity concerns beside its author: whose activity it answers, and whom it mentions.
create table notifications (
    user_uuid     uuid        not null,
    created_at    timestamptz not null,
    activity_uuid uuid        not null,

    -- The order of the list; created_at is the activity's.
    constraint notifications_pkey primary key (user_uuid, created_at, activity_uuid),
    constraint notifications_user_uuid_fkey
        foreign key (user_uuid) references users (uuid) on delete cascade,
    constraint notifications_activity_uuid_fkey
        foreign key (activity_uuid) references activities (uuid) on delete cascade
);

create index notifications_activity_uuid_idx on notifications (activity_uuid);

-- An activity's words for the search, apart from the activity, which every feed reads. Its key is the
-- order in which a common word is found: among the newest. There is no foreign key, which would cost
-- every activity as much as a third index; a trigger takes the row along. An activity's created_at
-- never changes.
create table activity_documents (
    created_at    timestamptz not null,
    activity_uuid uuid        not null,
    document      tsvector    not null,

    constraint activity_documents_pkey primary key (created_at, activity_uuid)
);

-- A rare one is found by its word. New rows wait in a list that every search reads through: the server
-- moves them into the index twice a second. Where no server does, whoever makes the list longer than this
-- has to.
create index activity_documents_document_idx
    on activity_documents using gin (document) with (gin_pending_list_limit = 16384);

-- Lower case, for ASCII, Latin-1, Greek and Cyrillic.
create function search_folded(txt text) returns text
language sql immutable parallel safe
as $$
    select lower(
        case
            when octet_length(txt) = char_length(txt) then txt
            else translate(
                txt,
                'ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖØÙÚÛÜÝÞŁŃŚŹŻČŘŠŽĞİŞŐŰΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩАБВГДЕЁЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯЄІЇҐ',
                'àáâãäåæçèéêëìíîïðñòóôõöøùúûüýþłńśźżčřšžğişőűαβγδεζηθικλμνξοπρστυφχψωабвгдеёжзийклмнопрстуфхцчшщъыьэюяєіїґ'
            )
        end collate "C"
    )
$$;

-- The words of a text with characters beyond ASCII, of which punctuation, symbols and emoji become
-- blanks too. A word of more than 200 characters becomes several where it might be too long for a
-- tsvector. In plpgsql: a function in SQL would be put into each statement, with all its letters.
create function search_words_beyond_ascii(txt text) returns text
language plpgsql immutable parallel safe
as $$
begin
    if octet_length(txt) > 2000 then
        txt := regexp_replace(txt collate "C", '[^ ]{200}', '\& ', 'g');
    end if;
    return regexp_replace(
        search_folded(txt) collate "C",
        '[\u0001-\u001f!-/:-@[-`{-\u00bf\u00d7\u00f7\u037e\u0387\u0589\u05be\u05c3\u060c\u061b\u061f\u06d4\u0964\u0965\u2000-\u206f\u20a0-\u20cf\u2190-\u2bff\u3000-\u3004\u3008-\u3020\u3030\ufe00-\ufe6f\uff00-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65\ufff0-\uffff\U0001f000-\U0001faff]+',
        ' ',
        'g'
    );
end
$$;

-- The words of a text in lower case, with blanks between: what is neither letter nor digit is a
-- blank. Blanks are left alone, so that there is little to replace.
create function search_words(txt text) returns text
language sql immutable parallel safe
as $$
    select case
        when octet_length(txt) = char_length(txt)
            then regexp_replace(lower(txt collate "C"), '[^a-z0-9 ]+', ' ', 'g')
        else search_words_beyond_ascii(txt)
    end
$$;

-- The @handles and #tags of a text, in lower case. One begins at the start or after a character that
-- is neither letter, digit nor `_`: a@b.com names nobody.
create function search_names(txt text) returns text[]
language sql immutable parallel safe
as $$
    select case
        when strpos(txt, '@') = 0 and strpos(txt, '#') = 0 then '{}'::text[]
        else array(
            select distinct left(search_folded(name[1]), 64)
            from regexp_matches(
                txt collate "C",
                '(?:^|[\u0001-/:-@[-^`{-\u00bf\u00d7\u00f7\u037e\u0387\u0589\u05be\u05c3\u060c\u061b\u061f\u06d4\u0964\u0965\u2000-\u206f\u20a0-\u20cf\u2190-\u2bff\u3000-\u3004\u3008-\u3020\u3030\ufe00-\ufe6f\uff00-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65\ufff0-\uffff\U0001f000-\U0001faff])'
                || '(@[A-Za-z0-9_]{1,30}(?![A-Za-z0-9_])'
                || '|#[^\u0001-/:-@[-^`{-\u00bf\u00d7\u00f7\u037e\u0387\u0589\u05be\u05c3\u060c\u061b\u061f\u06d4\u0964\u0965\u2000-\u206f\u20a0-\u20cf\u2190-\u2bff\u3000-\u3004\u3008-\u3020\u3030\ufe00-\ufe6f\uff00-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65\ufff0-\uffff\U0001f000-\U0001faff]+)',
                'g'
            ) as name
        )
    end
$$;

-- What a message is found by: its words and their English stems, its @handles and #tags, and its
-- author. The words are those of handle and message. It must remain one expression without a
-- subquery: the planner then puts it into the statement, at a third of the cost of a call.
create function search_document(handle text, message text, words text) returns tsvector
language sql immutable parallel safe
as $$
    select array_to_tsvector(
        array_remove(string_to_array(words, ' '), '')
        || tsvector_to_array(to_tsvector('english', words))
        || case
            when strpos(message, '@') > 0 or strpos(message, '#') > 0 then search_names(message)
        end
        || ('@' || lower(handle collate "C"))
    )
$$;

-- What somebody typed as a query: every name of it, and every word (those of the names too), as it is
-- or by its English stem; the last word may be the beginning of one. Null when there is none.
create function search_query(term text) returns tsquery
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
    part as (
        select '''' || name || '''' as query
        from name
        union all
        select
            '(''' || token || '''' || case when is_last then ':*' else '' end
            || case
                when stem = token or is_last and starts_with(stem, token) then ''
                else coalesce(' | ''' || stem || '''', '')
            end
            || ')'
        from word
        -- Whatever has the name has the words in it.
        where token not in (
            select unnest(string_to_array(search_words(name), ' '))
            from name
        )
    )
    select string_agg(query, ' & ')::tsquery
    from part
$$;

create function describe_activities() returns trigger
language plpgsql
as $$
begin
    insert into activity_documents (created_at, activity_uuid, document)
    select
        written.created_at,
        written.uuid,
        search_document(author.handle, written.message, text.words)
    from written
    -- offset 0, here and below: a look-up for each row, however many the planner expects.
    cross join lateral (
        select handle
        from users
        where uuid = written.user_uuid
        offset 0
    ) as author
    -- And here: worked out once, though it is used twice.
    cross join lateral (
        select search_words(author.handle || ' ' || written.message) as words
        offset 0
    ) as text;

    -- Most concern nobody.
    if not exists (
        select
        from written
        where reply_to_activity_uuid is not null
            or strpos(message, '@') > 0
    ) then
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
    cross join lateral (
        select uuid
        from users
        where '@' || lower(handle) = name
            and lower(handle) = substr(name, 2)
        offset 0
    ) as mentioned
    where mentioned.uuid <> written.user_uuid
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

create trigger activities_describe
after insert on activities
referencing new table as written
for each statement execute function describe_activities();

-- A plan is made once for a connection: always the one that looks up row by row.
create function forget_documents() returns trigger
language plpgsql
set enable_hashjoin = off
set enable_mergejoin = off
set enable_seqscan = off
as $$
begin
    delete from activity_documents
    using gone
    where activity_documents.created_at = gone.created_at
        and activity_documents.activity_uuid = gone.uuid;

    return null;
end
$$;

-- It runs for what goes along with a user or a parent too.
create trigger activities_forget
after delete on activities
referencing old table as gone
for each statement execute function forget_documents();

-- What was written before.
insert into activity_documents (created_at, activity_uuid, document)
select
    activities.created_at,
    activities.uuid,
    search_document(
        users.handle,
        activities.message,
        search_words(users.handle || ' ' || activities.message)
    )
from activities
join users on users.uuid = activities.user_uuid;

insert into notifications (user_uuid, created_at, activity_uuid)
select
    mentioned.uuid,
    activities.created_at,
    activities.uuid
from activities
cross join lateral unnest(search_names(activities.message)) as name
join users as mentioned on '@' || lower(mentioned.handle) = name
where mentioned.uuid <> activities.user_uuid
union
select
    parent.user_uuid,
    reply.created_at,
    reply.uuid
from activities as reply
join activities as parent on parent.uuid = reply.reply_to_activity_uuid
where parent.user_uuid <> reply.user_uuid;
