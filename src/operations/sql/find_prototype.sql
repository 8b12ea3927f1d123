-- Whether the database has the prototype's tables and no migration has converted them.
select
    to_regclass('activities') is not null
    and to_regclass('refinery_schema_history') is null as present
