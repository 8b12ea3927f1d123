-- Takes the advisory lock for the setup of database $1 for this session, unless another session holds it. The seed of the
-- lock's number is "db-setup" in ASCII.
select pg_try_advisory_lock(hashtextextended($1, 7233393925157057904)) as locked
