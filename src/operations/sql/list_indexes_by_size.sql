-- The hundred largest indexes, and every invalid one that is not being built: size in bytes, the size at the last
-- vacuum or analyze, and how large a B-tree would have been if it had been built then. The estimate needs the statistics
-- of `analyze`. An index that is being changed has the size of its
-- last vacuum, so that this statement does not wait for the lock.
with changing as materialized (
    select relation
    from pg_locks
    where mode = 'AccessExclusiveLock'
        and database = (select oid from pg_database where datname = current_database())
),
largest as materialized (
    select
        pg_class.oid,
        pg_class.relname,
        pg_namespace.nspname,
        tables.relname as table_name,
        pg_class.relpages::bigint * current_setting('block_size')::bigint as last_bytes,
        pg_class.oid in (select relation from changing)
            or tables.oid in (select relation from changing) as is_changing,
        pg_class.reltuples,
        pg_am.amname = 'btree' as is_btree,
        pg_index.indisvalid as is_valid,
        pg_index.indrelid,
        pg_index.indkey
    from pg_index
    join pg_class on pg_class.oid = pg_index.indexrelid
    join pg_class as tables on tables.oid = pg_index.indrelid
    join pg_namespace on pg_namespace.oid = pg_class.relnamespace
    join pg_am on pg_am.oid = pg_class.relam
    where pg_class.relkind = 'i'
        and pg_class.relpersistence <> 't'
        and pg_namespace.nspname <> 'information_schema'
        and pg_namespace.nspname not like 'pg\_%'
        and (
            pg_index.indisvalid
            or not exists (
                select
                from pg_stat_progress_create_index
                where pg_stat_progress_create_index.index_relid = pg_index.indexrelid
            )
        )
    order by
        pg_index.indisvalid,
        pg_class.relpages desc
    limit 100
),
entries as (
    select
        largest.oid,
        -- An entry has 8 bytes of header and 4 of its pointer.
        12 + 8 * ceil(
            sum(
                case
                    when pg_attribute.attlen > 0 then pg_attribute.attlen
                    else (1 - pg_stats.null_frac) * pg_stats.avg_width
                end
            ) / 8.0
        ) as bytes,
        bool_and(pg_attribute.attlen > 0 or pg_stats.avg_width is not null) as is_known
    from largest
    join pg_attribute on pg_attribute.attrelid = largest.oid
    left join pg_attribute as indexed
        on indexed.attrelid = largest.indrelid
        and indexed.attnum = largest.indkey[pg_attribute.attnum - 1]
        and indexed.attnum <> 0
    left join pg_stats
        on pg_stats.schemaname = largest.nspname
        and not pg_stats.inherited
        and (
            pg_stats.tablename = largest.table_name
            and pg_stats.attname = indexed.attname
            or pg_stats.tablename = largest.relname
            and pg_stats.attname = pg_attribute.attname
            and indexed.attname is null
        )
    group by largest.oid
)
select
    largest.oid::regclass::text as name,
    largest.table_name::text as table_name,
    largest.is_valid,
    case when largest.is_changing then largest.last_bytes else pg_relation_size(largest.oid) end as bytes,
    largest.last_bytes,
    case
        when largest.is_btree and entries.is_known and largest.reltuples >= 0 then (
            (
                1 + ceil(
                    largest.reltuples / floor(
                        (current_setting('block_size')::integer - 40) * 0.9 / entries.bytes
                    )
                )
            ) * current_setting('block_size')::integer
        )::bigint
    end as expected_bytes
from largest
left join entries on entries.oid = largest.oid
order by
    largest.is_valid,
    bytes desc
