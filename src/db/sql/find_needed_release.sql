-- The version of the last migration that a program must know to work with this schema.
select migration
from needed_release
