-- The server and the account of this connection, as far as `db inspect` depends on them.
select
    current_database() as database,
    current_setting('server_version') as version,
    current_setting('server_version_num')::integer as version_number,
    pg_is_in_recovery() as is_standby,
    current_setting('rds.extensions', true) is not null as is_rds,
    quote_ident(current_user) as account,
    pg_has_role(current_user, 'pg_read_all_stats', 'usage')
        and pg_has_role(current_user, 'pg_read_all_settings', 'usage') as may_monitor
