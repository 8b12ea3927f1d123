-- Commits a record that changes no row, so that the commit waits for a synchronous standby as every write does.
select pg_logical_emit_message(true, 'cruddur', '')
