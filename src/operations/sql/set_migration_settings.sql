-- The settings that the migrations read, for this transaction: $1 the environment to stamp, $2 what to do with the
-- prototype's expired activities ('keep', 'purge' or ''). Also limits the time that a migration waits for a lock to $3.
select
    set_config('cruddur.environment', $1, true),
    set_config('cruddur.prototype_expired', $2, true),
    set_config('lock_timeout', $3, true),
    set_config('client_min_messages', 'warning', true)
