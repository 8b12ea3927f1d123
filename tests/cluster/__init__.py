"""What must hold on more than one machine, with the programs that people run there: Patroni, etcd, HAProxy and
PgBouncer. In reading order: `rows` has what is done and what must hold, `stage` starts what most rows need, `patroni`
and `haproxy` run those programs, `history` checks what reads have shown. Servers, clients and the table are those of
`faults`."""
