-- What this database is for. Destructive commands refuse to run on anything but `development`
-- unless its name is repeated. The program names the environment in the setting
-- cruddur.environment; without it the careful answer is taken.
create table environment (
    name       text        not null,
    stamped_at timestamptz not null default now(),

    constraint environment_name_known check (name in ('development', 'production'))
);

create unique index environment_has_one_row on environment ((true));

insert into environment (name)
values (coalesce(nullif(current_setting('cruddur.environment', true), ''), 'production'));

-- Which seed sets were loaded, so that a restart does not bring back what somebody deleted.
create table loaded_seeds (
    name      text        not null,
    loaded_at timestamptz not null default now(),

    constraint loaded_seeds_pkey primary key (name)
);
