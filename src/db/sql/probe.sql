-- Whether this server takes writes; after a failover the old writer may not.
select current_setting('transaction_read_only')::boolean as read_only
