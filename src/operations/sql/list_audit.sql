-- The entries of the audit before the cursor ($1 created_at, $2 uuid), newest first, $3 at most.
select
    uuid,
    who,
    method,
    path,
    address,
    status,
    attempts,
    created_at
from admin_audit
where (created_at, uuid) < ($1, $2)
order by
    created_at desc,
    uuid desc
limit $3
