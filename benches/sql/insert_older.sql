-- For psql: :rows live top-level activities that are older than those of benches/data.sql. Their triggers do not run, and the
-- indexes are built afterwards: it takes minutes instead of an hour, and no search finds their words.
set session_replication_role = replica;
set synchronous_commit = off;
set maintenance_work_mem = '256MB';

create temporary table later_index as
select
    indexrelid::regclass::text as name,
    pg_get_indexdef(indexrelid) as definition
from pg_index
where indrelid = 'activities'::regclass
    and not exists (select from pg_constraint where conindid = indexrelid);

select 'drop index ' || name from later_index \gexec

insert into activities (user_uuid, message, created_at, expires_at)
select
    md5('user ' || 1 + n % :users)::uuid,
    'Activity ' || n || ' ' || repeat(md5(n::text), 3),
    now() - age,
    now() - age + interval '30 days'
from generate_series(1, :rows) as n
cross join lateral (
    select interval '29 days' + n * (interval '20 hours' / :rows) as age
) as spread;

select definition from later_index \gexec
