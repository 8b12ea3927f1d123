"""PgBouncer in transaction mode between the program and the database."""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import subprocess

from comparison.generators import wrk
from comparison.processes import Server
from faults.client import get
from faults.cluster import Cluster
from faults.scene import Scene, admin
from faults.table import Row

from ..fronts import Pooler, listens
from ..processes import installed
from ..session import Session

HOME = "/api/activities/home"
RATIO_BOUND = 0.8
ROUND_SECONDS = 2
MIGRATORS = 8
SMALL_POOL, LARGE_POOL = 5, 60
MIGRATE_PATIENCE = 60
# What is left in a session: its settings but those that PgBouncer itself keeps for each client, and advisory locks.
LEFT = """
    select 'setting ' || name
    from pg_settings
    where source = 'session' and name not in (
        'application_name', 'client_encoding', 'DateStyle', 'IntervalStyle', 'TimeZone', 'standard_conforming_strings',
        'search_path'
    )
    union all
    select 'lock ' || classid || ' ' || objid
    from pg_locks
    where locktype = 'advisory' and pid = pg_backend_pid()"""


async def home_pooled(scene: Scene, row: Row, times: int) -> None:
    """Home through PgBouncer and home through a direct connection, by turns."""
    cluster = await scene.cluster(max_connections="200")
    pooler = await started(scene, os.environ["PGBOUNCER"], cluster, LARGE_POOL)
    direct, pooled = await scene.server(cluster.url), await scene.server(pooler.url())
    rates: dict[str, list[float]] = {"direct": [], "pooled": []}
    for _ in range(times):
        for name, server in (("direct", direct), ("pooled", pooled)):
            measured = await asyncio.to_thread(wrk, server, HOME, seconds=ROUND_SECONDS)
            rates[name].append(measured.rate)
    one, other = (statistics.median(rates[name]) for name in ("pooled", "direct"))
    row.expect(
        f"home through {pooler.name}: ≥ {RATIO_BOUND} of direct",
        f"{one / other:.2f}: {one:,.0f}/s, direct {other:,.0f}/s",
        one >= RATIO_BOUND * other,
    )


async def migrators(scene: Scene, row: Row, times: int) -> None:
    """Eight processes migrate an empty database at once, through few sessions."""
    cluster = await scene.cluster(max_connections="200")
    pooler = await started(scene, os.environ["PGBOUNCER"], cluster, SMALL_POOL)
    failed: list[str] = []
    behind: list[str] = []
    left: list[str] = []
    for turn in range(times):
        name = f"migrated_{turn}"
        cluster.superuser.query(f"create database {name} owner cruddur")
        url = pooler.url(name)
        commands = [asyncio.to_thread(migrate, scene, cluster, url) for _ in range(MIGRATORS)]
        failed += [error for error in await asyncio.gather(*commands) if error]
        status = scene.command(cluster, "db", "status", "--json", CONNECTION_URL=url)
        if status.returncode != 0 or not is_current(json.loads(status.stdout)):
            behind.append(name)
        left += await left_in_sessions(pooler, name)
    row.expect(
        f"{MIGRATORS} migrators at once, {times} times: none fails",
        f"{len(failed)} of {MIGRATORS * times} {failed[:1] or ''}",
        not failed,
    )
    row.expect("the schema is current", f"{len(behind)} of {times} are not {behind[:1] or ''}", not behind)
    row.expect(
        "no lock and no setting stays behind in a session", f"{len(left)} {sorted(set(left))[:3] or ''}", not left
    )


def is_current(report: dict[str, list[dict[str, object]]]) -> bool:
    return all(one["applied_on"] for one in report["migrations"])


def migrate(scene: Scene, cluster: Cluster, url: str) -> str:
    """Runs `db migrate`; returns what it says if it fails."""
    try:
        answer = scene.command(cluster, "db", "migrate", CONNECTION_URL=url)
    except subprocess.TimeoutExpired:
        return "hangs"
    return answer.stderr.strip() if answer.returncode else ""


async def left_in_sessions(pooler: Pooler, database: str) -> list[str]:
    """What is left in each session of a pool. Transactions that are open at once take a session each."""
    sessions = [Session(port=pooler.port, user="cruddur", database=database) for _ in range(SMALL_POOL)]
    found: list[str] = []
    try:
        for session in sessions:
            await session.query("begin")
        for session in sessions:
            found += [str(line[0]) for line in await session.query(LEFT)]
    finally:
        for session in sessions:
            session.close()
    return found


async def old_pooler(scene: Scene, row: Row, times: int) -> None:
    """A PgBouncer that cannot work is named where operators look."""
    cluster = await scene.cluster(max_connections="200")
    pooler = await started(scene, installed("pgbouncer"), cluster, SMALL_POOL)
    if pooler.version >= (1, 21):
        return row.not_tried("PgBouncer before 1.21 is red", f"the system has {pooler.name}")
    server = scene.start_server(pooler.url())
    with_reason = await red(server)
    row.expect(f"{pooler.name}: /readyz is 503 and names it", with_reason, "pgbouncer" in with_reason.lower())
    status = (await admin(server)).body.decode()
    row.expect("/admin/status names it", status[:200], "pgbouncer" in status.lower())
    doctor = scene.command(cluster, "doctor", CONNECTION_URL=pooler.url())
    reds = [line for line in doctor.stdout.splitlines() if line.startswith("red")]
    row.expect(
        "doctor is red and names it",
        "; ".join(reds)[:200] or "no red line",
        doctor.returncode == 1 and "pgbouncer" in doctor.stdout.lower(),
    )


async def red(server: Server) -> str:
    """The text of a `/readyz` that is not green after ten seconds; or that it is green."""
    await asyncio.sleep(0)
    for _ in range(200):
        answer = await get(server.port, "/readyz", patience=2)
        if answer.status == 200:
            home = await get(server.port, HOME)
            return f"green, and home answers {home.name}"
        if answer.status == 503 and b"pgbouncer" in answer.body.lower():
            break
        await asyncio.sleep(0.05)
    return answer.body.decode()


async def started(scene: Scene, program: str, cluster: Cluster, size: int) -> Pooler:
    pooler = Pooler(scene.folder / "pgbouncer", program, cluster, size)
    scene.at_end(pooler.stop)
    await listens(pooler, pooler.port)
    return pooler
