-- Takes the migrations' advisory lock for this session where nobody holds it. The number is
-- "cruddur" in ASCII.
select pg_try_advisory_lock(27991871215400306) as locked
