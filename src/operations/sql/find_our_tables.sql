-- Whether the database has a table with the name of one of Cruddur's or the prototype's tables.
select
    to_regclass('users') is not null
    or to_regclass('activities') is not null
    or to_regclass('refinery_schema_history') is not null as present
