-- Records one call of an operator: operator ($1), method ($2), path ($3), address ($4), status of the response ($5),
-- time ($6).
insert into admin_audit (
    who,
    method,
    path,
    address,
    status,
    created_at
)
values ($1, $2, $3, $4, $5, $6)
