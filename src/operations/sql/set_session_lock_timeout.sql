-- Limits the waits of this session for a lock to $1, and returns the limit before.
select
    limits.before,
    set_config('lock_timeout', $1, false) as lock_timeout
from (select current_setting('lock_timeout') as before offset 0) as limits
