"""Clients that send too much, or hold connections."""

from __future__ import annotations

import asyncio
import os
import random
import time
from contextlib import asynccontextmanager
from pathlib import Path
from typing import AsyncIterator

from comparison.processes import Server

from ..attackers import flood, never_reading, slow
from ..beside import Beside
from ..client import Request
from ..load import HOME, LIVE, READY, Load, Outcomes, repeated
from ..scene import ADMIN, Scene
from ..table import Row

MEGABYTE = 1 << 20
SOCKETS = 2_000
ATTACKS = 2
OVERLOAD_SECONDS = 60
REPORTED_AFTER = 11
CALM_SECONDS = 6
FILL_SECONDS = 4
# Requests that take a connection of the shared pool and read a page of a hundred rows.
SEARCHES = [
    Request("search", "GET", f"/api/activities/search?term=activity+{term}&limit=100")
    for term in random.Random(1).sample(range(100, 1_000), 50)
]
STATUS = Request("status", "GET", "/admin/status", headers=ADMIN)


@asynccontextmanager
async def most_memory(server: Server) -> AsyncIterator[list[int]]:
    """The most resident memory of the server, sampled four times a second."""
    peak = [0]

    async def sample() -> None:
        while True:
            peak[0] = max(peak[0], await asyncio.to_thread(server.resident_bytes))
            await asyncio.sleep(0.25)

    task = asyncio.create_task(sample())
    try:
        yield peak
    finally:
        task.cancel()


async def overload(scene: Scene, row: Row) -> None:
    cluster = await scene.cluster()
    # A database that is 10 ms away and few connections to it make the pool the bottleneck, and not the processors,
    # which the clients of this row need, too.
    proxy = await scene.proxy(cluster, latency=0.01)
    server = await scene.server(f"postgresql://cruddur@127.0.0.1:{proxy.port}/cruddur", DB_POOL_SIZE="4")
    peak = 0.0
    for clients in (16, 64):
        async with Beside(flood, server.port, SEARCHES, clients, None) as calm:
            await asyncio.sleep(CALM_SECONDS)
        peak = max(peak, calm.result["good"] / calm.result["seconds"])
    async with most_memory(server) as memory, Load(
        server.port, repeated(LIVE, READY, STATUS), 3, rate=15
    ) as probes:
        async with Beside(flood, server.port, SEARCHES, SOCKETS, 10 * peak) as attack:
            await asyncio.sleep(OVERLOAD_SECONDS)
    over = attack.result
    goodput = over["good"] / over["seconds"]
    sent = over["sent"] / over["seconds"]
    row.expect(
        "goodput ≥ 80 % of the peak",
        f"{goodput:,.0f}/s of {peak:,.0f}/s: {100 * goodput / peak:.1f} %, {sent:,.0f}/s sent",
        goodput >= 0.8 * peak,
    )
    row.at_most(
        "refusals: p99",
        over["refusals_p99"] if over["refusals"] else 0,
        50,
        "ms",
        f"p50 {over['refusals_p50']:,.0f} ms of {over['refusals']:,}",
    )
    row.expect("no request is cut or hangs", over["others"] or "none", not over["others"])
    row.at_most("memory", memory[0] / MEGABYTE, 150, "MB")
    row.at_most("probes and /admin/status: p99", probes.outcomes.p99(), 250, "ms", probes.outcomes.summary())


async def idle_sockets(scene: Scene, row: Row) -> None:
    """The attackers take processor time from the good clients, so the comparison is with the same attack on another
    server of this machine."""
    cluster = await scene.cluster()
    server, other = await scene.server(cluster.url), await scene.server(cluster.url)
    attacked, calm = Outcomes(), Outcomes()
    for _ in range(ATTACKS):
        for target, good in ((other, calm), (server, attacked)):
            async with Beside(slow, target.port, SOCKETS) as attack:
                await attack.said()
                good.extend(await good_clients(server, CALM_SECONDS))
                await asyncio.sleep(5)
    compare(row, "slow and silent", attacked, calm)
    for kind, (closed, oldest) in attack.result.items():
        all_of_them = closed >= SOCKETS // 3
        row.at_most(f"{kind}: closed", oldest if all_of_them else float("inf"), 10, "s", f"{closed} sockets")
    attacked, calm = Outcomes(), Outcomes()
    for _ in range(ATTACKS):
        for target, good in ((other, calm), (server, attacked)):
            base = sockets(target)
            async with Beside(never_reading, target.port, SOCKETS, "/api/activities/home?limit=100") as attack:
                await attack.said()
                # Each socket takes nearly 2 MB of answers into the kernel's buffers before the server's writes stop.
                await asyncio.sleep(FILL_SECONDS)
                filled = time.monotonic()
                held = sockets(target) - base
                good.extend(await good_clients(server, CALM_SECONDS))
                while sockets(target) - base > 10 and time.monotonic() < filled + 15:
                    await asyncio.sleep(0.1)
                left, took = sockets(target) - base, time.monotonic() - filled
    compare(row, "never reading", attacked, calm)
    row.at_most(
        "never reading: closed", took if left <= 10 else float("inf"), 10, "s", f"{held} sockets, {left} left"
    )
    row.expect("good clients get every answer", attacked.summary(), not attacked.failures())


def compare(row: Row, attack: str, attacked: Outcomes, calm: Outcomes) -> None:
    row.at_most(
        f"{attack}: good clients' p99, of that while another server is attacked",
        attacked.p99() / calm.p99(),
        2,
        "×",
        f"{attacked.p99():.1f} ms of {calm.p99():.1f} ms",
    )


async def good_clients(server: Server, seconds: float) -> Outcomes:
    async with Load(server.port, repeated(HOME), 8, rate=400) as load:
        await asyncio.sleep(seconds)
    return load.outcomes


def sockets(server: Server) -> int:
    """The number of open files of the server."""
    return len(os.listdir(Path("/proc") / str(server.pid) / "fd"))


async def admin_without_token(scene: Scene, row: Row) -> None:
    cluster = await scene.cluster()
    server = await scene.server(cluster.url, TRUSTED_PROXIES="127.0.0.1")
    operator = Request("status", "GET", "/admin/status", headers={**ADMIN, "X-Forwarded-For": "10.9.9.9"})
    stranger = Request("stranger", "GET", "/admin/status", headers={"X-Forwarded-For": "10.66.0.1"})
    async with Load(server.port, repeated(operator), 8, rate=20) as calm:
        await asyncio.sleep(CALM_SECONDS)
    # A session of PostgreSQL reports its last counts when it has been idle for ten seconds.
    await asyncio.sleep(REPORTED_AFTER)
    before = audit_writes(cluster)
    async with Load(server.port, repeated(operator), 8, rate=20) as load:
        # 1,000 connections, which send no more than a generator on the same two cores can without starving the
        # server of processor time.
        async with Beside(flood, server.port, [stranger], 1_000, 2_000) as attack:
            await asyncio.sleep(15)
    await asyncio.sleep(REPORTED_AFTER)
    written = audit_writes(cluster) - before - len(load.outcomes)
    after = load.outcomes
    row.at_most(
        "an operator's p50, of calm",
        after.p50() / calm.outcomes.p50(),
        2,
        "×",
        f"{after.p50():.1f} ms of {calm.outcomes.p50():.1f} ms, {after.summary()}",
    )
    row.expect("the operator gets every answer", after.summary(), after and not after.failures())
    result = attack.result
    row.at_most(
        "audit writes of the others, a second",
        max(0, written) / 15,
        1,
        "/s",
        f"{result['sent'] / result['seconds']:,.0f} requests/s without a token",
    )


def audit_writes(cluster) -> int:
    """Rows of the audit that were inserted or updated since the cluster started."""
    return int(
        cluster.superuser.query(
            "select n_tup_ins + n_tup_upd from pg_stat_user_tables where relname = 'admin_audit'"
        )
    )
