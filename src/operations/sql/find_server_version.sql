-- The version of the PostgreSQL server as a number (150014 is 15.14) and as text.
select
    current_setting('server_version_num')::integer as version_number,
    current_setting('server_version') as version
