-- What keeps vacuum from removing rows that were deleted since: sessions with a snapshot, prepared transactions and
-- replication slots, each with the number of transactions since; the oldest first, five at most.
select
    kind,
    name,
    pid,
    backend_start,
    transactions,
    current_setting('autovacuum_freeze_max_age')::bigint as max_transactions
from (
    select
        'session' as kind,
        coalesce(nullif(application_name, ''), 'unnamed') as name,
        pid,
        backend_start,
        age(backend_xmin)::bigint as transactions
    from pg_stat_activity
    where backend_xmin is not null
        and pid <> pg_backend_pid()
    union all
    select
        'prepared transaction',
        gid,
        null,
        null,
        age(transaction)::bigint
    from pg_prepared_xacts
    union all
    select
        'replication slot',
        slot_name::text,
        null,
        null,
        greatest(age(xmin), age(catalog_xmin))::bigint
    from pg_replication_slots
    where xmin is not null
        or catalog_xmin is not null
) as holders
order by
    transactions desc,
    name
limit 5
