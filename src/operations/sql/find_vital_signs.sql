-- The server's clock, the largest number of sessions and the current number of sessions, for the doctor.
select
    clock_timestamp() as now,
    current_setting('max_connections')::integer
        - current_setting('superuser_reserved_connections')::integer as max_sessions,
    (
        select count(*)::integer
        from pg_stat_activity
        where backend_type = 'client backend'
            and pid <> pg_backend_pid()
    ) as sessions
