-- The entries of the audit before the cursor ($1 created_at, $2 uuid), newest first, $3 at most: with this name ($4), this
-- method ($5), a path that begins so ($6), and a status of 400 and above or below that ($7). Null stands for all.
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
    and ($4::text is null or who = $4)
    and ($5::text is null or method = $5)
    and ($6::text is null or starts_with(path, $6))
    and ($7::boolean is null or (status >= 400) = $7)
order by
    created_at desc,
    uuid desc
limit $3
