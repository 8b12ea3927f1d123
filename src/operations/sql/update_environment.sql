-- Replaces the stamp of the database with environment $1.
update environment
set name = $1
