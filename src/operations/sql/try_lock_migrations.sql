-- Takes the migrations' advisory lock for this session unless another session holds it. The lock's number is "cruddur"
-- in ASCII.
select pg_try_advisory_lock(27991871215400306) as locked
