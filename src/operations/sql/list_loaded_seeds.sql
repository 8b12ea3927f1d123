-- The seed sets that were ever loaded into this database.
select name
from loaded_seeds
