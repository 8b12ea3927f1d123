-- The environment that this database is stamped with.
select name
from environment
