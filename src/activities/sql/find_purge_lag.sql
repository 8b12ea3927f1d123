-- How long ago the expired activity that is stored for longest expired, in seconds; no row where none is stored. Deleted
-- activities, whose expiry is 1970, are left out.
select extract(epoch from now() - expires_at)::double precision as seconds
from activities
where expires_at > 'epoch'
    and expires_at <= now()
order by expires_at
limit 1
