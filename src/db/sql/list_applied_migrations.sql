-- The migrations that refinery has applied to the database, oldest first.
select
    version,
    name,
    applied_on,
    checksum
from refinery_schema_history
order by version
