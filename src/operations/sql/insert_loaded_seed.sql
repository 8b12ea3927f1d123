-- Records that seed set $1 was loaded, with the time of the latest load.
insert into loaded_seeds (name)
values ($1)
on conflict (name) do update set loaded_at = now()
