-- What this database is for.
select name
from environment
