"""The rows of `bin/test-cluster`: what is done, how often, and the function that does it and checks what must hold."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Awaitable, Callable

from faults.rows import ROWS as FAULTS
from faults.runner import Fault

from . import failover, histories, looks, poolers, roll, streams


@dataclass(frozen=True)
class Repeated:
    """What is done `times` times, or fewer with `--quick`, within `limit` seconds."""

    done: str
    measure: Callable[..., Awaitable[None]]
    times: int
    quick: int
    limit: float = 240

    def fault(self, is_quick: bool) -> Fault:
        times = self.quick if is_quick else self.times
        return Fault(self.done.format(times), partial(self.measure, times=times), self.limit)


REPEATED = {
    "kills": Repeated("SIGKILL to the leader and its Patroni, {} times", failover.killed, 20, 3, 600),
    "freezes": Repeated("SIGSTOP to the leader and its Patroni, {} times", failover.frozen, 5, 1),
    "switchovers": Repeated("Patroni's switchover, {} times", failover.switched, 3, 1),
    "history": Repeated("the leader changes {} times while clients write, delete and read", histories.checked, 3, 2),
    "streams": Repeated(
        "the leader changes {} times while streams are cut and servers are killed", streams.followed, 3, 1
    ),
    "roll": Repeated("three servers change from one build to another, {} times", roll.rolled, 1, 1),
    "pooled": Repeated("home through PgBouncer and directly by turns, {} times", poolers.home_pooled, 5, 2),
    "old": Repeated("the system's PgBouncer in transaction mode", poolers.old_pooler, 1, 1),
    "looks": Repeated("home is read as fast as the server answers, {} times", looks.looked, 2, 1),
    "suite": Repeated("the tests of the API through PgBouncer in transaction mode", poolers.suite, 1, 1, 600),
}
# Rows of bin/test-faults that need a newer PgBouncer than Debian 12 has, or belong to a failover.
SHARED = ["F11", "F19"]
NAMES = [*REPEATED, *SHARED]


def chosen(names: list[str], is_quick: bool) -> dict[str, Fault]:
    """The rows of these names; without one, all."""
    return {name: FAULTS[name] if name in SHARED else REPEATED[name].fault(is_quick) for name in names or NAMES}
