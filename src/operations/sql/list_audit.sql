-- What operators did, newest first, before the place ($1 created_at, $2 uuid); at most $3 rows.
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
