-- Takes the migrations' advisory lock for this transaction unless another transaction holds it, and lets the transaction be
-- idle. The lock's number is "cruddur" in ASCII.
select
    pg_try_advisory_xact_lock(27991871215400306) as locked,
    set_config('idle_in_transaction_session_timeout', '0', true)
