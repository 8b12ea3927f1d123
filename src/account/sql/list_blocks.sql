-- The users whom the user with id $1 has blocked, after the one with id $2, in the order of their ids, $3 at most. The
-- handle of a user who has deleted the account is null.
select
    blocks.blocked_uuid,
    case when hidden_users.reason is distinct from 'deleted' then users.handle end as handle,
    blocks.created_at
from blocks
join users on users.uuid = blocks.blocked_uuid
left join hidden_users on hidden_users.user_uuid = users.uuid
where blocks.blocker_uuid = $1
    and blocks.blocked_uuid > $2
order by blocks.blocked_uuid
limit $3
