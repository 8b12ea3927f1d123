-- Inserts the user with Cognito id $1, preferred handle $2, display name $3 and e-mail address $4, unless a user has
-- that id: then nothing changes. Returns the handle of the user with that id, and whether the user is new. No
-- row when a concurrent statement took the handle; then the statement is worth repeating.
with known as (
    select handle
    from users
    where cognito_user_id = $1
),
wished as (
    select free_handle($2) as handle
    where not exists (select from known)
),
made as (
    insert into users (cognito_user_id, handle, display_name, email)
    select
        $1,
        handle,
        left(coalesce(nullif(btrim($3), ''), handle), 100),
        $4
    from wished
    on conflict do nothing
    returning handle
)
select
    handle,
    true as is_new
from made
union all
select
    handle,
    false as is_new
from known
