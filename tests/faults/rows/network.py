"""The network to the database fails in several ways, and clients reset their requests half way."""

from __future__ import annotations

import asyncio
import json
import time

from comparison.processes import Server

from ..attackers import resetting
from ..beside import Beside
from ..client import Connection, Request
from ..cluster import Cluster, other_session
from ..load import COSTLY, Load, Outcomes, create, mixed
from ..proxy import Network, Proxy
from ..scene import Scene
from ..table import Row

FAULT_SECONDS = 8
WATCHED_AFTER = 8
RESETS_A_SECOND = 100
# The deadline of a request, and what the measurement may add to it on a busy machine.
DEADLINE, SLACK = 3.0, 0.25


async def network_fails(scene: Scene, row: Row) -> None:
    cluster = await scene.cluster()
    proxy = await scene.proxy(cluster)
    url = f"postgresql://cruddur@127.0.0.1:{proxy.port}/cruddur"
    server = await scene.server(url)
    for network in (Network.RESET, Network.SILENT, Network.SLOW, Network.TRICKLE, Network.HALF_OPEN):
        await one_fault(row, server, proxy, network)
    # Another server, which begins without the connections of the faults before.
    await half_way(row, await scene.server(url), cluster)
    row.expect("the server is not restarted", "the same process", server.is_running())


async def one_fault(row: Row, server: Server, proxy: Proxy, network: Network) -> None:
    async with Load(server.port, mixed(f"F4 {network.value}"), 24, rate=150) as load:
        await asyncio.sleep(1)
        began = time.monotonic()
        proxy.set(network)
        if network is Network.HALF_OPEN:
            # New connections work, so the server can be healthy while the old ones are half-open.
            ended = began
            await asyncio.sleep(WATCHED_AFTER)
        else:
            await asyncio.sleep(FAULT_SECONDS)
            proxy.set(Network.FINE)
            ended = time.monotonic()
        await asyncio.sleep(WATCHED_AFTER)
    proxy.set(Network.FINE)
    expect_recovery(row, network.value, load.outcomes, began, ended)


async def half_way(row: Row, server: Server, cluster: Cluster) -> None:
    """Resets costly reads, and deletions that wait for a row which another session has locked."""
    connection = Connection(server.port)
    locked = json.loads((await connection.send(create("F4 locked"))).body)["uuid"]
    connection.abort()
    requests = [Request("reset", "GET", path) for path in COSTLY]
    requests += [Request("reset", "DELETE", f"/api/activities/{locked}")] * len(requests)
    seconds = FAULT_SECONDS + 1
    statements = (
        f"begin; select from activities where uuid = '{locked}' for update; select pg_sleep({seconds + 1});"
    )
    async with Load(server.port, mixed("F4 half way"), 24, rate=150) as load:
        await asyncio.sleep(1)
        began = time.monotonic()
        lock = other_session(cluster, statements)
        async with Beside(resetting, server.port, requests, RESETS_A_SECOND) as attack:
            await asyncio.sleep(seconds)
        ended = time.monotonic()
        await asyncio.sleep(WATCHED_AFTER)
        lock.wait()
    expect_recovery(row, f"{attack.result} requests reset half way", load.outcomes, began, ended)
    failed = load.outcomes.failures()
    row.expect(
        "half way: no request of the other clients fails", failed.summary() if failed else "none", not failed
    )


def expect_recovery(row: Row, what: str, outcomes: Outcomes, began: float, ended: float) -> None:
    after = outcomes.started_between(began, float("inf"))
    row.at_most(f"{what}: a request", after.worst(), DEADLINE + SLACK, "s", after.summary())
    row.at_most(f"{what}: healthy again", after.last_failure_after(ended), 5)
