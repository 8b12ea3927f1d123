-- Where the prototype's rows went.
select
    outcome,
    rows
from prototype_takeover
order by outcome
