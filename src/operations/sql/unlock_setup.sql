-- Releases the advisory lock for the setup of database $1.
select pg_advisory_unlock(hashtextextended($1, 7233393925157057904)) as unlocked
