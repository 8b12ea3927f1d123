-- Whether the server collects statistics of statements (the extension pg_stat_statements): in which schema of this database
-- its view is, in which version, and whether the server has loaded the library.
select
    (
        select quote_ident(pg_namespace.nspname)
        from pg_extension
        join pg_namespace on pg_namespace.oid = pg_extension.extnamespace
        where pg_extension.extname = 'pg_stat_statements'
    ) as schema,
    coalesce(
        (
            select string_to_array(extversion, '.')::integer[] >= array[1, 8]
            from pg_extension
            where extname = 'pg_stat_statements'
        ),
        true
    ) as is_recent,
    exists (
        select
        from pg_settings
        where name = 'pg_stat_statements.max'
    ) as is_loaded,
    coalesce(
        (
            select setting
            from pg_settings
            where name = 'shared_preload_libraries'
        ),
        ''
    ) as libraries
