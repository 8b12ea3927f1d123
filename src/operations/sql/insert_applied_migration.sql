-- Adds a migration to the history: its version ($1), name ($2), the time in RFC 3339 ($3) and the checksum ($4).
insert into refinery_schema_history (version, name, applied_on, checksum)
values ($1, $2, $3, $4)
