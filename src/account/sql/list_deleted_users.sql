-- The deleted users whose rows the purge has to delete, $1 at most, the longest deleted first. The purge waits a minute,
-- because a statement that began before the deletion may still write; it is cancelled after seconds.
select user_uuid
from hidden_users
where reason = 'deleted'
    and hidden_at <= now() - interval '1 minute'
order by hidden_at
limit $1
