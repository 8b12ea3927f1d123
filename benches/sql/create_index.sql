-- For psql: an index on all activities, as a migration with `-- cruddur: no transaction` builds it.
create index concurrently activities_measured_idx
    on activities (user_uuid, created_at, uuid)
