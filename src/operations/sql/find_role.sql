-- Whether the role $1 exists, whether the server has Amazon's role rds_iam, and whether the database has the schema.
select
    exists (select from pg_roles where rolname = $1::text) as present,
    exists (select from pg_roles where rolname = 'rds_iam') as has_iam,
    to_regclass('refinery_schema_history') is not null as has_schema
