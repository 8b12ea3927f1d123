-- Whether the index $1, whose name is quoted where it must be, is valid; no row if it does not exist.
select indisvalid as is_valid
from pg_index
where indexrelid = to_regclass($1)
