-- The numbers of the prototype's activities and of the expired ones. Its times are in UTC, without a zone.
select
    count(*) as found,
    count(*) filter (where expires_at <= now() at time zone 'UTC') as expired
from activities
