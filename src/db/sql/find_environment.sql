-- The environment that the database is stamped with.
select name
from environment
