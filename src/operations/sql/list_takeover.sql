-- The numbers of the prototype's rows by what the migrations did with them.
select
    outcome,
    rows
from prototype_takeover
order by outcome
