-- The ten statements of this database that took the most time together, with the share of the time of all. Times are in
-- milliseconds.
select
    queryid::text as id,
    coalesce(query, '') as statement,
    calls,
    mean_exec_time as mean,
    total_exec_time as total,
    total_exec_time / nullif(sum(total_exec_time) over (), 0) as share
from pg_stat_statements
where dbid = (select oid from pg_database where datname = current_database())
order by total_exec_time desc
limit 10
