-- Gives the migrations' advisory lock back.
select pg_advisory_unlock(27991871215400306) as unlocked
