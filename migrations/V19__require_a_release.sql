-- Which releases work with the schema, and the key that all servers of a database share.
--
-- A server does not serve while it does not know the migration whose version `needed_release` has. A migration that
-- removes or renames what earlier releases read or write raises it, to the version of the migration of the release in
-- which the servers stopped to use that:
--
--     update needed_release set migration = 19;
--
-- V19 raises nothing: the releases before it work with this schema.
create table needed_release (
    one_row boolean default true not null,
    migration integer not null,
    constraint needed_release_pkey primary key (one_row),
    constraint needed_release_one_row_check check (one_row),
    constraint needed_release_migration_check check (migration > 0)
);

insert into needed_release (migration)
values (1);

-- The key that signs the tokens of the development identity, so that each server accepts those of the others. The first
-- server that needs it inserts it.
create table development_keys (
    one_row boolean default true not null,
    key bytea not null,
    constraint development_keys_pkey primary key (one_row),
    constraint development_keys_one_row_check check (one_row),
    constraint development_keys_key_check check (octet_length(key) = 32)
);
