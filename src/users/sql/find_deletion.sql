-- When the user with Cognito id $1 has deleted the account. No row when the user has not, or has a new account.
select deleted_at
from deleted_accounts
where subject_hash = sha256(convert_to($1, 'UTF8'))
    and not exists (
        select
        from users
        where cognito_user_id = $1
    )
