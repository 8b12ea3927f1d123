-- Stores the key $1 of the development identity, unless another server has stored one.
insert into development_keys (key)
values ($1)
on conflict on constraint development_keys_pkey do nothing
