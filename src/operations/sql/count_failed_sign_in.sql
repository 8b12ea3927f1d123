-- Counts a failed sign-in of address $3 in its minute. The row has the method ($1), path ($2), status ($4) and time
-- ($5) of the first one.
insert into admin_audit (
    method,
    path,
    address,
    status,
    failed_minute,
    created_at
)
values ($1, $2, $3, $4, date_trunc('minute', $5::timestamptz), $5)
on conflict (address, failed_minute) do update
set attempts = admin_audit.attempts + 1
