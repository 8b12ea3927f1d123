-- The settings that the migrations read: $1 the environment to stamp, $2 what to do with the prototype's expired
-- activities ('keep', 'purge' or ''). Also limits the time that a migration waits for a lock, and sets the isolation level
-- of the migrations' transactions, whose default in this database may be another one.
select
    set_config('cruddur.environment', $1, false),
    set_config('cruddur.prototype_expired', $2, false),
    set_config('lock_timeout', '30s', false),
    set_config('default_transaction_isolation', 'read committed', false),
    set_config('client_min_messages', 'warning', false)
