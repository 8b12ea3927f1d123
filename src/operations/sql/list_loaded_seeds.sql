-- Which seed sets were ever loaded here.
select name
from loaded_seeds
