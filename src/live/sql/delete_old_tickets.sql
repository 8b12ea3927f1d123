-- Deletes $1 tickets at most that can no longer be used. Skips rows that another server is deleting.
with old as (
    select hash
    from live_tickets
    where created_at < now() - interval '60 seconds'
    order by created_at
    limit $1
    for update skip locked
)
delete from live_tickets
using old
where live_tickets.hash = old.hash
