"""Faults: what must hold while the database, the network or hostile clients misbehave. In reading order: `rows` has
the faults and what must hold, `runner` runs them, `table` prints them, `scene` runs the processes that a row needs.
`cluster` and `proxy` are the database and the network to it, `client` and `load` the clients that measure, `attackers`
and `beside` the hostile ones in processes of their own."""
