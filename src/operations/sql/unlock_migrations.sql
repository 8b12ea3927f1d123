-- Releases the migrations' advisory lock.
select pg_advisory_unlock(27991871215400306) as unlocked
