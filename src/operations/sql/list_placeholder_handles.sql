-- The handles of the users whose Cognito id is a placeholder of example data or of a prototype, in order.
select handle
from users
where cognito_user_id ~* '^(mock|demo:|prototype:)'
order by lower(handle)
