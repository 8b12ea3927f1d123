-- Whether this session refuses writes, as those of a standby do; and the setting that the start-up options contain, null
-- where the server has not applied them.
select
    current_setting('transaction_read_only') as read_only,
    current_setting('cruddur.options', true) as options
