"""One address that leads to the primary and to a standby by turns."""

from __future__ import annotations

import json
from collections import Counter

from faults.client import Connection, Request
from faults.load import create
from faults.scene import Scene
from faults.table import Row

from ..fronts import Alternating, listens

DELAY = "2s"
READS_BETWEEN_CUTS = 50
# The server's sessions with the primary and with the standby.
CUT = "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'cruddur'"


async def alternating(scene: Scene, row: Row, times: int) -> None:
    primary = await scene.cluster("primary", wal_level="replica")
    standby = await scene.standby("standby", primary, recovery_min_apply_delay=DELAY)
    front = Alternating(scene.folder / "haproxy", [primary, standby])
    scene.at_end(front.stop)
    await listens(front, front.port)
    server = await scene.server(front.url())
    connection = Connection(server.port)
    stale: list[str] = []
    answers: Counter[str] = Counter()
    reads = 0
    while reads < times and sum(answers.values()) < 20 * times:
        written = await connection.send(create("turns"))
        answers[written.name] += 1
        if not written.is_success:
            continue
        uuid = json.loads(written.body)["uuid"]
        path = f"/api/activities/{uuid}" if reads % 2 else "/api/activities/home?limit=5"
        read = await connection.send(Request("read", "GET", path))
        answers[read.name] += 1
        if read.status in (200, 404):
            reads += 1
            if uuid.encode() not in read.body or read.status == 404:
                stale.append(path)
        if reads % READS_BETWEEN_CUTS == 0:
            # The server connects again, and every other connection leads to the standby.
            for cluster in (primary, standby):
                cluster.superuser.query(CUT)
    connection.abort()
    row.expect(
        f"0 of {times:,} reads after a write are stale",
        f"{len(stale)} of {reads:,}; " + ", ".join(f"{count:,} × {name}" for name, count in answers.items()),
        reads >= times and not stale,
    )
