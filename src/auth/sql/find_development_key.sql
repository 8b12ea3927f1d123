-- The key that signs the tokens of the development identity; no row before a server has inserted it.
select key
from development_keys
