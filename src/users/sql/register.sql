-- Makes the person with Cognito id $1, wished handle $2, display name $3 and address $4, unless
-- there is one with that id: then nothing changes. Who has that id in the end, and whether they are
-- new; no row when somebody else took the handle in this moment, and then it is worth a repetition.
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
