-- The indexes of at least 1 MiB that no statement has scanned since the statistics began, although their table was read or
-- written, the largest first, 20 at most, with the age of the statistics. Where they were never reset, they are at least
-- as old as the server process. Left out are the indexes that make rows unique or support a constraint.
select
    pg_class.oid::regclass::text as name,
    pg_index.indrelid::regclass::text as table_name,
    pg_class.relpages::bigint * current_setting('block_size')::bigint as bytes,
    extract(
        epoch
        from clock_timestamp()
            - coalesce(pg_stat_get_db_stat_reset_time(pg_database.oid), pg_postmaster_start_time())
    )::float8 as seconds
from pg_index
join pg_class on pg_class.oid = pg_index.indexrelid
join pg_namespace on pg_namespace.oid = pg_class.relnamespace
join pg_database on pg_database.datname = current_database()
where pg_index.indisvalid
    and not pg_index.indisunique
    and not pg_index.indisexclusion
    and pg_class.relkind = 'i'
    and pg_class.relpages >= 128
    and pg_namespace.nspname not like 'pg\_%'
    and pg_stat_get_numscans(pg_index.indexrelid) = 0
    and pg_stat_get_numscans(pg_index.indrelid)
        + pg_stat_get_tuples_inserted(pg_index.indrelid)
        + pg_stat_get_tuples_updated(pg_index.indrelid)
        + pg_stat_get_tuples_deleted(pg_index.indrelid) >= 1000
order by
    bytes desc,
    name
limit 20
