-- The indexes that another index of the same table makes unnecessary, 20 at most: it has the same columns, order, condition
-- and kind (is_equal), or begins with all of its columns and is a B-tree, too. Left out are indexes of constraints. Of two
-- equal indexes the younger one is unnecessary, unless only it makes rows unique.
with indexes as materialized (
    select
        pg_index.indexrelid as oid,
        pg_index.indrelid,
        pg_index.indisunique,
        pg_index.indnatts,
        pg_index.indnkeyatts,
        pg_class.relam,
        pg_class.relpages,
        pg_am.amname = 'btree' as is_btree,
        string_to_array(pg_index.indkey::text, ' ') as columns,
        string_to_array(pg_index.indclass::text, ' ') as classes,
        string_to_array(pg_index.indcollation::text, ' ') as collations,
        string_to_array(pg_index.indoption::text, ' ') as options,
        coalesce(pg_get_expr(pg_index.indexprs, pg_index.indrelid), '') as expressions,
        coalesce(pg_get_expr(pg_index.indpred, pg_index.indrelid), '') as condition,
        exists (
            select
            from pg_constraint
            where pg_constraint.conindid = pg_index.indexrelid
        ) as is_of_constraint
    from pg_index
    join pg_class on pg_class.oid = pg_index.indexrelid
    join pg_namespace on pg_namespace.oid = pg_class.relnamespace
    join pg_am on pg_am.oid = pg_class.relam
    where pg_index.indisvalid
        and pg_class.relkind = 'i'
        and pg_namespace.nspname not like 'pg\_%'
)
select
    unnecessary.oid::regclass::text as name,
    unnecessary.indrelid::regclass::text as table_name,
    kept.oid::regclass::text as kept,
    unnecessary.relpages::bigint * current_setting('block_size')::bigint as bytes,
    kept.columns = unnecessary.columns as is_equal
from indexes as unnecessary
join indexes as kept
    on kept.indrelid = unnecessary.indrelid
    and kept.oid <> unnecessary.oid
    and kept.relam = unnecessary.relam
    and kept.condition = unnecessary.condition
where not unnecessary.is_of_constraint
    and kept.classes[:unnecessary.indnkeyatts] = unnecessary.classes
    and kept.collations[:unnecessary.indnkeyatts] = unnecessary.collations
    and kept.options[:unnecessary.indnkeyatts] = unnecessary.options
    and (
        kept.columns = unnecessary.columns
        and kept.expressions = unnecessary.expressions
        and kept.indnkeyatts = unnecessary.indnkeyatts
        and (kept.indisunique or not unnecessary.indisunique)
        and (
            kept.indisunique and not unnecessary.indisunique
            or kept.is_of_constraint
            or kept.oid < unnecessary.oid
        )
        or kept.columns[:unnecessary.indnkeyatts] = unnecessary.columns
        and kept.indnkeyatts > unnecessary.indnkeyatts
        and unnecessary.indnatts = unnecessary.indnkeyatts
        and unnecessary.expressions = ''
        and unnecessary.is_btree
        and not unnecessary.indisunique
        and unnecessary.relpages >= 128
    )
order by
    is_equal desc,
    bytes desc,
    name
limit 20
