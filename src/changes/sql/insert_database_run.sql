-- Gives the server an identity until its next crash, unless it has one.
insert into database_runs (uuid)
values (gen_random_uuid())
on conflict do nothing
