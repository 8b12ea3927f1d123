-- Sets the checksum of the applied migration of version $1 to $2.
update refinery_schema_history
set checksum = $2
where version = $1
