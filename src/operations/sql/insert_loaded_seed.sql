-- Remembers that seed set $1 was loaded, and when it was last.
insert into loaded_seeds (name)
values ($1)
on conflict (name) do update set loaded_at = now()
