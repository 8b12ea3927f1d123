-- The function of V21, with a longer needle for a number. The last letter of a needle is left out because the English
-- stemmer may have changed it, but it changes no digit: a text that is found by a number contains it. The search for 42
-- looked at the words of every text with a 4.
create or replace function search_parts(term text) returns table (
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
                when token ~ '^[0-9]+$' then token
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
