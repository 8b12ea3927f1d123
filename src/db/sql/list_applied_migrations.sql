-- The migrations that refinery has applied here, oldest first.
select
    version,
    name,
    applied_on,
    checksum
from refinery_schema_history
order by version
