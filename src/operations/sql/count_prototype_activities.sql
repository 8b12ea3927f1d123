-- How many activities the prototype left, and how many are past their time. Its times have no
-- zone and mean UTC.
select
    count(*) as found,
    count(*) filter (where expires_at <= now() at time zone 'UTC') as expired
from activities
