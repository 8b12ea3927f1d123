-- Whether this server refuses writes, as the old writer may after a failover.
select current_setting('transaction_read_only')::boolean as read_only
