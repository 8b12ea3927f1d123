"""The rows of `bin/test-faults`: what is done, and the function that does it and checks what must hold."""

from __future__ import annotations

from ..runner import Fault
from . import (
    clients,
    database,
    failover,
    full,
    hostile,
    mixed,
    network,
    operations,
    poolers,
    reactions,
    servers,
)


ROWS = {
    "F1": Fault("kill -9 of the database during creates", database.database_killed),
    "F2": Fault("kill -9 of the server during creates", servers.server_killed),
    "F3": Fault("the database is away for 30 s", database.database_away),
    "F4": Fault("the network to the database fails; clients reset half way", network.network_fails),
    "F5": Fault("several hosts in the URL, one silent, refusing, frozen or a standby", failover.hosts_fail),
    "F6": Fault("ten times more requests than the server can answer", clients.overload),
    "F7": Fault("2,000 slow or silent sockets, then 2,000 that never read", clients.idle_sockets),
    "F8": Fault("hostile requests", hostile.hostile_requests),
    "F9": Fault("64 equal creates at once under one key, on two servers", servers.equal_creates),
    "F10": Fault("SIGTERM under load; a rolling restart of five servers", servers.restarts),
    "F11": Fault("8 migrators at once through a pooler in transaction mode, 20 times", poolers.migrators),
    "F18": Fault("PgBouncer in session and in transaction mode", poolers.poolers),
    "F19": Fault("one address that leads to primary and standby by turns", poolers.alternating_address),
    "F20": Fault("db restore of an archive that breaks half way", operations.restore_breaks),
    "F21": Fault("1,000 connections without a token on /admin", clients.admin_without_token),
    "F22": Fault("a lock, used-up connections, a full disk, a standby that hangs", full.resources_run_out),
    "F24": Fault("the log's reader stops reading", operations.log_stalls),
    "F25": Fault("kill -9 of the database while 64 clients toggle reactions", reactions.database_killed),
    "mixed": Fault("mixed load with all attackers at once, within the default limits", mixed.all_at_once),
}
DEFAULT = [name for name in ROWS if name != "mixed"]
