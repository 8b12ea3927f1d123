"""Several database hosts in the URL, of which the first does not serve; and a failover between two of them. Patroni,
HAProxy and etcd are in `tests/cluster`."""

from __future__ import annotations

import asyncio
import time

from comparison.processes import Server

from ..client import Connection
from ..cluster import Cluster
from ..load import KeyedCreates, create
from ..proxy import DeafListener, Network, Proxy
from ..scene import Scene
from ..table import Row
from .database import STORED

START_BOUND = 5.0
PROMOTION_BOUND = 1.0


async def hosts_fail(scene: Scene, row: Row) -> None:
    primary = await scene.cluster("primary", wal_level="replica")
    standby = await scene.standby("standby", primary)
    await first_host_fails(scene, row, primary, standby)
    for stopped in ("killed", "frozen", "silent"):
        await fail_over(scene, row, stopped)


async def first_host_fails(scene: Scene, row: Row, primary: Cluster, standby: Cluster) -> None:
    """Starts a server for each kind of first host; the second one is the primary."""
    good = await scene.proxy(primary)
    deaf = DeafListener()
    scene.at_end(deaf.stop)
    silent, refusing, replica = [await scene.proxy(standby) for _ in range(3)]
    silent.set(Network.SILENT)
    refusing.refuse()
    firsts = {
        "unanswered": deaf.port,
        "silent": silent.port,
        "refusing": refusing.port,
        "a standby": replica.port,
    }
    started = time.monotonic()
    servers = {name: scene.start_server(hosts(port, good.port)) for name, port in firsts.items()}
    took = await asyncio.gather(*(first_write(server, started, 15) for server in servers.values()))
    for name, seconds in zip(servers, took):
        row.at_most(f"first host {name}: a write after the start", seconds, START_BOUND)
    # A frozen PostgreSQL still accepts connections, and answers none.
    standby.freeze()
    frozen = scene.start_server(hosts(replica.port, good.port))
    row.at_most(
        "first host frozen: a write after the start",
        await first_write(frozen, time.monotonic(), 15),
        START_BOUND,
    )
    for server in (*servers.values(), frozen):
        server.stop()


async def first_write(server: Server, since: float, patience: float) -> float:
    """The seconds from `since` until the server acknowledges a write; infinite if it does not."""
    connection = Connection(server.port)
    try:
        while time.monotonic() < since + patience:
            if (await connection.send(create("F5 first"))).is_success:
                return time.monotonic() - since
            await asyncio.sleep(0.02)
    finally:
        connection.abort()
    return float("inf")


async def fail_over(scene: Scene, row: Row, stopped: str) -> None:
    """Stops the primary in one of three ways, promotes the standby, and waits for a write by each of two servers."""
    primary = await scene.cluster(f"primary-{stopped}", wal_level="replica")
    standby = await scene.standby(f"standby-{stopped}", primary)
    primary.set("synchronous_standby_names", "*")
    fronts = [await scene.proxy(primary), await scene.proxy(standby)]
    url = hosts(fronts[0].port, fronts[1].port)
    servers = [await scene.server(url), await scene.server(url)]
    creates = [
        KeyedCreates(f"F5 {stopped} {at}", lambda port=server.port: [port], 8)
        for at, server in enumerate(servers)
    ]
    async with creates[0], creates[1]:
        await asyncio.sleep(2)
        stop_primary(stopped, primary, fronts[0])
        await asyncio.sleep(1)
        standby.superuser.query("alter system reset synchronous_standby_names")
        await asyncio.to_thread(standby.superuser.query, "select pg_promote(true, 30)")
        promoted = time.monotonic()
        deadline = promoted + 15
        while time.monotonic() < deadline and any(late(one, promoted) == float("inf") for one in creates):
            await asyncio.sleep(0.05)
        took = max(late(one, promoted) for one in creates)
        await asyncio.sleep(1)
    row.at_most(f"primary {stopped}: first write after promotion, each server", took, PROMOTION_BOUND)
    stored = standby.query(STORED.format(f"F5 {stopped}"))
    counts = [one.lost_and_doubled(stored) for one in creates]
    acknowledged = sum(len(one.acknowledged) for one in creates)
    lost, doubled = (sum(numbers) for numbers in zip(*counts))
    row.expect(
        f"primary {stopped}: 0 lost, 0 doubled",
        f"{lost} lost, {doubled} doubled of {acknowledged:,}",
        acknowledged and not lost and not doubled,
    )
    for server in servers:
        server.stop()
    primary.stop()
    standby.stop()


def late(creates: KeyedCreates, promoted: float) -> float:
    return creates.outcomes.first_success_after(promoted) - promoted


def stop_primary(how: str, primary: Cluster, front: Proxy) -> None:
    if how == "killed":
        primary.kill()
    elif how == "frozen":
        primary.freeze()
    else:
        # Only the servers lose it: the standby has every commit that it makes.
        front.set(Network.SILENT)


def hosts(first: int, second: int) -> str:
    return f"postgresql://cruddur@127.0.0.1:{first},127.0.0.1:{second}/cruddur"
