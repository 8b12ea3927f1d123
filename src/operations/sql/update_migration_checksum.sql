-- Records that the applied migration of version $1 now has the text of checksum $2.
update refinery_schema_history
set checksum = $2
where version = $1
