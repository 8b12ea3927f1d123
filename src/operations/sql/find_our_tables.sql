-- Whether any of our tables is here, the prototype's of the same names included.
select
    to_regclass('users') is not null
    or to_regclass('activities') is not null
    or to_regclass('refinery_schema_history') is not null as present
