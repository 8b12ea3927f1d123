-- A person. cognito_user_id is the `sub` of their token: it says who is asking. The lengths are
-- the contract's; the program maps a violated constraint to the user's error by its name.
create table users (
    uuid            uuid        not null default gen_random_uuid(),
    cognito_user_id text        not null,
    handle          text        not null,
    display_name    text        not null,
    bio             text        not null default '',
    email           text,
    created_at      timestamptz not null default now(),

    -- A feed needs an author's two names and nothing else: they ride along in the index.
    constraint users_pkey primary key (uuid) include (handle, display_name),
    constraint users_cognito_user_id_key unique (cognito_user_id),
    constraint users_cognito_user_id_not_empty check (cognito_user_id <> ''),
    constraint users_handle_form check (handle ~ '^[A-Za-z0-9_]{1,30}$'),
    constraint users_display_name_length check (char_length(display_name) between 1 and 100),
    constraint users_bio_length check (char_length(bio) <= 500)
);

-- Handles are unique without regard to case.
create unique index users_handle_key on users (lower(handle));

-- The handle that somebody who wishes for `wanted` can have: what no handle may hold becomes `_`,
-- 30 characters at most, and the shortest free number behind it where it is taken.
create function free_handle(wanted text) returns text
language plpgsql stable
as $$
declare
    base      text := left(regexp_replace(coalesce(wanted, ''), '[^A-Za-z0-9_]', '_', 'g'), 30);
    suffix    text := '';
    candidate text;
begin
    if base = '' then
        base := 'user';
    end if;
    loop
        candidate := left(base, 30 - length(suffix)) || suffix;
        if not exists (select from users where lower(handle) = lower(candidate)) then
            return candidate;
        end if;
        suffix := (coalesce(nullif(suffix, ''), '0')::integer + 1)::text;
    end loop;
end
$$;
