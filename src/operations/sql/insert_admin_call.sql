-- Writes down one call of an operator: who ($1), method ($2), path ($3), address ($4), the answer's
-- status ($5), when ($6).
insert into admin_audit (
    who,
    method,
    path,
    address,
    status,
    created_at
)
values ($1, $2, $3, $4, $5, $6)
