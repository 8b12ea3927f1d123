-- Whether the database has a table of any kind outside of PostgreSQL's own schemas, whatever program created it.
select exists (
    select
    from pg_class
    join pg_namespace on pg_namespace.oid = pg_class.relnamespace
    where pg_class.relkind in ('r', 'p', 'f', 'm')
        and pg_namespace.nspname <> 'information_schema'
        and pg_namespace.nspname not like 'pg\_%'
) as present
