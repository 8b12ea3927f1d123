-- Takes the advisory lock that marks the sessions with this session's name, account and database as those of a live
-- server. All servers share it. The lock's number is "servers" in ASCII.
select pg_try_advisory_lock_shared(32481164608762483) as locked
