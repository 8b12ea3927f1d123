-- The enumerations, domains, ranges and composite types of the search path's first schema with their definitions, and the
-- extensions of the database, whose versions differ between servers. pg_stat_statements is left out: an operator may
-- create it for `db inspect`. The types of tables and of arrays are left out, and so are members of extensions.
select
    case pg_type.typtype
        when 'e' then 'enum'
        when 'd' then 'domain'
        when 'r' then 'range'
        else 'composite type'
    end as kind,
    pg_type.typname::text as name,
    null as parent,
    case pg_type.typtype
        when 'e' then (
            select string_agg(pg_enum.enumlabel, ', ' order by pg_enum.enumsortorder)
            from pg_enum
            where pg_enum.enumtypid = pg_type.oid
        )
        when 'd' then concat_ws(
            ' ',
            format_type(pg_type.typbasetype, pg_type.typtypmod),
            case when pg_type.typnotnull then 'not null' end,
            'default ' || pg_type.typdefault,
            (
                select string_agg(pg_get_constraintdef(pg_constraint.oid), ' ' order by pg_constraint.conname)
                from pg_constraint
                where pg_constraint.contypid = pg_type.oid
                    and pg_constraint.contype = 'c'
            )
        )
        when 'r' then (
            select format_type(pg_range.rngsubtype, null)
            from pg_range
            where pg_range.rngtypid = pg_type.oid
        )
        else (
            select string_agg(
                pg_attribute.attname || ' ' || format_type(pg_attribute.atttypid, pg_attribute.atttypmod),
                ', '
                order by pg_attribute.attnum
            )
            from pg_attribute
            where pg_attribute.attrelid = pg_type.typrelid
                and pg_attribute.attnum > 0
                and not pg_attribute.attisdropped
        )
    end as definition
from pg_type
join pg_namespace on pg_namespace.oid = pg_type.typnamespace
left join pg_class on pg_class.oid = pg_type.typrelid
where pg_namespace.nspname = current_schema()
    and (pg_type.typtype in ('e', 'd', 'r') or pg_class.relkind = 'c')
    and not exists (
        select
        from pg_depend
        where pg_depend.classid = 'pg_type'::regclass
            and pg_depend.objid = pg_type.oid
            and pg_depend.deptype = 'e'
    )
union all
select
    'extension',
    pg_extension.extname::text,
    null,
    'extension'
from pg_extension
where pg_extension.extname not in ('plpgsql', 'pg_stat_statements')
