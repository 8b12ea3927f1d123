-- Inserts a user with Cognito id $1, preferred handle $2, display name $3 and e-mail address $4; changes nothing if a
-- user has that Cognito id. Returns the handle of the user with that id and whether the user is new. Returns no row
-- when a concurrent statement took the handle; the caller then repeats the statement.
with known as (
    select handle
    from users
    where cognito_user_id = $1
),
preferred as (
    select free_handle($2) as handle
    where not exists (select from known)
),
inserted as (
    insert into users (cognito_user_id, handle, display_name, email)
    select
        $1,
        handle,
        left(coalesce(nullif(btrim($3), ''), handle), 100),
        $4
    from preferred
    on conflict do nothing
    returning handle
)
select
    handle,
    true as is_new
from inserted
union all
select
    handle,
    false as is_new
from known
