-- Those of the users $1 who are hidden.
select user_uuid
from hidden_users
where user_uuid = any($1)
