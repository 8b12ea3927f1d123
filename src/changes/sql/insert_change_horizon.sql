-- Keeps the snapshot of this statement, unless one was kept in the last minute.
insert into change_horizons (taken_at)
select now()
where not exists (
    select
    from change_horizons
    where taken_at between now() - interval '1 minute' and now()
)
on conflict do nothing
