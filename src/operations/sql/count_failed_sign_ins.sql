-- Adds failed sign-ins of networks ($3) to those of their minutes: their numbers ($5), and the methods ($1), paths ($2),
-- statuses ($4) and times ($6) of the first ones. Sorted, so that two servers lock the rows in the same order.
insert into admin_audit (
    method,
    path,
    address,
    status,
    attempts,
    failed_minute,
    created_at
)
select
    failed.method,
    failed.path,
    failed.network,
    failed.status,
    failed.attempts,
    date_trunc('minute', failed.first_at),
    failed.first_at
from unnest($1::text[], $2::text[], $3::text[], $4::integer[], $5::integer[], $6::timestamptz[])
    as failed (method, path, network, status, attempts, first_at)
order by
    failed.network,
    failed.first_at
on conflict (address, failed_minute) do update
set attempts = least(admin_audit.attempts::bigint + excluded.attempts, 2147483647)::integer
