-- The statements that let the role $1 do what the program $2 ('server' or 'trigger') does, in order: they create the
-- role if $3, and let it sign in with tokens of AWS IAM if $4. No statement of PostgreSQL that grants has parameters.
select statement
from (
    values
        (1, $3::boolean, format('create role %I login', $1::text)),
        (2, $4::boolean, format('grant rds_iam to %I', $1::text)),
        (3, true, format('grant connect on database %I to %I', current_database(), $1::text)),
        (4, true, format('grant usage on schema %I to %I', current_schema(), $1::text)),
        (
            5,
            $2::text = 'server',
            format('grant select, insert, update, delete on all tables in schema %I to %I', current_schema(), $1::text)
        ),
        (
            6,
            $2::text = 'server',
            format('grant usage, select on all sequences in schema %I to %I', current_schema(), $1::text)
        ),
        (
            7,
            $2::text = 'server',
            format('revoke insert, update, delete on refinery_schema_history, environment from %I', $1::text)
        ),
        (
            8,
            $2::text = 'trigger',
            format('grant select (cognito_user_id, handle), insert on users to %I', $1::text)
        ),
        -- Every account has it since V20, but not in a restored database.
        (9, $2::text = 'trigger', format('grant insert on changes to %I', $1::text))
) as listed (ordinal, wanted, statement)
where wanted
order by ordinal
