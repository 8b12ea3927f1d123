-- The hundred largest tables: the size with indexes in bytes, live and dead rows; the size without indexes at the last vacuum
-- or analyze, and how large that would have been without the space that was free or dead. The estimate needs the
-- statistics of `analyze`, which only an account that may read the table sees. A table whose definition is being
-- changed has the size of its last vacuum, so that this statement does not wait for the lock.
with changing as materialized (
    select relation
    from pg_locks
    where mode = 'AccessExclusiveLock'
        and database = (select oid from pg_database where datname = current_database())
),
largest as materialized (
    select
        pg_class.oid,
        pg_class.oid in (select relation from changing) as is_changing,
        pg_class.relpages::bigint * current_setting('block_size')::bigint as last_bytes,
        pg_class.relname,
        pg_namespace.nspname,
        pg_class.reloptions,
        pg_class.reltuples
    from pg_class
    join pg_namespace on pg_namespace.oid = pg_class.relnamespace
    where pg_class.relkind in ('r', 'm')
        and pg_class.relpersistence <> 't'
        and pg_namespace.nspname <> 'information_schema'
        and pg_namespace.nspname not like 'pg\_%'
    order by greatest(pg_class.relpages, pg_stat_get_live_tuples(pg_class.oid) / 50) desc
    limit 100
),
sized as (
    select
        *,
        case when is_changing then last_bytes else pg_total_relation_size(oid) end as total_bytes,
        pg_stat_get_live_tuples(oid) as live,
        pg_stat_get_dead_tuples(oid) as dead,
        (
            select option_value::integer
            from pg_options_to_table(reloptions)
            where option_name = 'fillfactor'
        ) as fill_factor
    from largest
),
rows as (
    select
        sized.oid,
        -- A row has 24 bytes of header and 4 of its pointer; nulls have a bitmap.
        28
            + case when max(pg_stats.null_frac) > 0 then 8 else 0 end
            + 8 * ceil(sum((1 - pg_stats.null_frac) * pg_stats.avg_width) / 8) as bytes
    from sized
    join pg_stats
        on pg_stats.schemaname = sized.nspname
        and pg_stats.tablename = sized.relname
    where not pg_stats.inherited
    group by sized.oid
)
select
    sized.oid::regclass::text as name,
    sized.total_bytes,
    -- The counters are lost after a crash, in a copy and by an upgrade.
    case when sized.live + sized.dead > 0 then sized.live else greatest(sized.reltuples, 0)::bigint end as live,
    sized.dead,
    sized.last_bytes,
    case when sized.reltuples >= 0 and rows.bytes is not null then (
        ceil(
            sized.reltuples / greatest(
                floor(
                    (current_setting('block_size')::integer - 24) * coalesce(sized.fill_factor, 100) / 100.0
                    / rows.bytes
                ),
                1
            )
        ) * current_setting('block_size')::integer
    )::bigint end as expected_bytes
from sized
left join rows on rows.oid = sized.oid
order by sized.total_bytes desc
