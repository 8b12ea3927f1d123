-- Records one call of an operator: id of the entry ($1), operator ($2), method ($3), path ($4), address ($5), status of
-- the response ($6), time ($7). Does nothing if the entry exists, because the answer to an earlier attempt was lost.
insert into admin_audit (
    uuid,
    who,
    method,
    path,
    address,
    status,
    created_at
)
values ($1, $2, $3, $4, $5, $6, $7)
on conflict (uuid) do nothing
