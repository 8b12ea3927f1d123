-- What the migrations read: $1 the environment to stamp, $2 what to do with the prototype's
-- expired activities ('keep', 'purge' or nothing). Waiting for another's lock is not for ever.
select
    set_config('cruddur.environment', $1, false),
    set_config('cruddur.prototype_expired', $2, false),
    set_config('lock_timeout', '30s', false),
    set_config('client_min_messages', 'warning', false)
