-- Whether the prototype's tables are still here, never migrated.
select
    to_regclass('activities') is not null
    and to_regclass('refinery_schema_history') is null as present
