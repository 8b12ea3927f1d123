-- Stamps the database as environment $1, whatever its data came from.
update environment
set name = $1
