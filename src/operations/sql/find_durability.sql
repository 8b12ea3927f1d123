-- Whether what is committed survives a crash, for the doctor; the directory of the data where the account may see it, the
-- size of the database in bytes, and whether pg_stat_statements is there.
select
    current_setting('fsync')::boolean as fsync,
    current_setting('full_page_writes')::boolean as full_page_writes,
    current_setting('synchronous_commit') <> 'off' as synchronous_commit,
    (
        select setting
        from pg_settings
        where name = 'data_directory'
    ) as data_directory,
    pg_database_size(current_database()) as bytes,
    exists (
        select
        from pg_extension
        where extname = 'pg_stat_statements'
    ) as has_statement_statistics
