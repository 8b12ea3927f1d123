-- Takes the advisory lock of the migrations for this session if no other session holds it. The number is
-- "cruddur" in ASCII.
select pg_try_advisory_lock(27991871215400306) as locked
