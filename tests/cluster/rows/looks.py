"""Each batch of home looks at the changes: how many servers does that allow?"""

from __future__ import annotations

import asyncio
import re
import time
from typing import Awaitable

from comparison.database import ROOT
from comparison.generators import pgbench, wrk
from faults.cluster import Cluster
from faults.load import HOME, Load, repeated
from faults.scene import Scene
from faults.table import Row

SECONDS, MARGIN = 4, 1
RATE, CLIENTS = 500, 32
# A session that reads no table does not report its transactions to pg_stat_database; the extension counts at once.
COUNTED = {"shared_preload_libraries": "pg_stat_statements"}
CALLS = "select sum(calls) from pg_stat_statements"
# Statements of a server that serves nothing, a second: the probes, the purges and the search index.
IDLE_BOUND = 20


async def looked(scene: Scene, row: Row, times: int) -> None:
    cluster = await scene.cluster(**COUNTED)
    cluster.superuser.query("create extension pg_stat_statements")
    look = statement()
    capacity = max(
        [(await asyncio.to_thread(pgbench, cluster, look, {}, seconds=SECONDS)).rate for _ in range(times)]
    )
    server = await scene.server(cluster.url)
    idle = await rate_of(cluster, asyncio.sleep(SECONDS))
    async with Load(server.port, repeated(HOME), CLIENTS, rate=RATE) as load:
        await asyncio.sleep(MARGIN)
        began = time.monotonic()
        busy = await rate_of(cluster, asyncio.sleep(SECONDS))
        asked = len(load.outcomes.started_between(began, began + SECONDS)) / SECONDS
        await asyncio.sleep(MARGIN)
    row.at_most("statements of a server without requests, a second", idle, IDLE_BOUND, "/s")
    row.expect(
        "a request for home costs the database at most one look",
        f"{busy - idle:,.0f} looks/s for {asked:,.0f} requests/s",
        not load.outcomes.failures() and busy - idle <= asked * 1.05,
    )
    flood = asyncio.create_task(asyncio.to_thread(wrk, server, HOME.path, seconds=SECONDS + 3 * MARGIN))
    await asyncio.sleep(MARGIN)
    full = await rate_of(cluster, asyncio.sleep(SECONDS))
    rate = (await flood).rate
    row.expect(
        "many requests share a look", f"{full:,.0f} looks/s for {rate:,.0f} requests/s", full < rate
    )
    row.expect(
        "servers that one database allows",
        f"{capacity:,.0f} looks/s: {capacity / full:.0f} servers at their limit, "
        f"{capacity / max(busy, 1):.0f} at {asked:,.0f} requests/s each",
        capacity > full,
    )


async def rate_of(cluster: Cluster, work: Awaitable[None]) -> float:
    """The statements a second while `work` runs."""
    before = int(await asyncio.to_thread(cluster.superuser.query, CALLS))
    began = time.monotonic()
    await work
    after = int(await asyncio.to_thread(cluster.superuser.query, CALLS))
    return (after - before) / (time.monotonic() - began)


def statement() -> str:
    text = (ROOT / "src/changes/sql/look.sql").read_text()
    text = re.sub(r"^\s*--.*\n", "", text, flags=re.MULTILINE).rstrip() + ";\n"
    # The look after one in which nothing has changed, and without expired activities.
    parameters = {
        "$1::text": "pg_current_snapshot()::text",
        "$2": "257",
        "$3::timestamptz": "null::timestamptz",
        "$4::uuid": "null::uuid",
    }
    for parameter, value in parameters.items():
        text = text.replace(parameter, value)
    return text
