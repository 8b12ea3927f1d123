-- The user with handle $1, in upper or lower case, with is_target true, and the user with Cognito id $2, with is_linked
-- true; both may be the same one. It locks them until the transaction ends.
select
    uuid,
    handle,
    lower(handle) = lower($1) as is_target,
    cognito_user_id = $2 as is_linked,
    cognito_user_id ~* '^(mock|demo:|prototype:)' as is_placeholder
from users
where lower(handle) = lower($1)
    or cognito_user_id = $2
order by uuid
for update
