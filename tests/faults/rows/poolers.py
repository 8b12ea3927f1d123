"""Connection poolers, and one address that leads to several database servers."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import statistics
import subprocess
import time

from comparison.generators import wrk
from comparison.processes import Server

from .. import pgbouncer
from ..client import Connection, get
from ..cluster import Cluster
from ..load import HOME, Load, Outcomes, create, mixed, repeated
from ..pgbouncer import PgBouncer
from ..proxy import Proxy
from ..scene import Scene, answers, ready
from ..session import Session
from ..table import Row

SIZE = 20
SECONDS = 5
ROUNDS, ROUND_SECONDS = 5, 2
SHARE_BOUND = 0.8
MIGRATORS = 8
FEW = 5
MIGRATION_ROUNDS = 20
FRESH_READS = 1_000
# What is left in a session: settings, but those that PgBouncer itself keeps for each client, and advisory locks.
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
NOT_FOUND = "there is no PgBouncer: install one, or name the program in PGBOUNCER"


def bouncer(scene: Scene, cluster: Cluster, mode: str, size: int = SIZE) -> PgBouncer:
    program = pgbouncer.find()
    one = PgBouncer(program, scene.folder / f"pgbouncer-{mode}", cluster, mode, size)
    one.start()
    scene.at_end(one.stop)
    return one


async def poolers(scene: Scene, row: Row) -> None:
    program = pgbouncer.find()
    if program is None:
        return row.not_tried("PgBouncer in both modes", NOT_FOUND)
    cluster = await scene.cluster()
    name = "PgBouncer {}.{}".format(*pgbouncer.version(program))
    keeps = pgbouncer.version(program) >= pgbouncer.KEEPS_STATEMENTS
    direct = await scene.server(cluster.url)
    for mode in ("session", "transaction"):
        # In session mode each connection of a server needs a session of the pooler.
        pooled = scene.start_server(bouncer(scene, cluster, mode, SIZE if mode == "transaction" else 60).url)
        if mode == "transaction" and not keeps:
            await is_red(row, name, pooled)
            continue
        await ready(pooled)
        async with Load(pooled.port, mixed(f"F18 {mode}"), 32) as load:
            await asyncio.sleep(SECONDS)
        row.expect(
            f"{name}, {mode} mode: every mixed request succeeds",
            load.outcomes.summary(),
            load.outcomes and not load.outcomes.failures(),
        )
        await expect_home(row, f"{name}, {mode} mode", pooled, direct)
        pooled.stop()


async def is_red(row: Row, name: str, server: Server) -> None:
    await answers(server, "/livez", 200, 10)
    await asyncio.sleep(2)
    answer = await get(server.port, "/readyz")
    row.expect(
        f"{name}, transaction mode: /readyz is red with the reason",
        f"{answer.status} {answer.body.decode()}",
        answer.status == 503 and json.loads(answer.body).get("missing") == "prepared_statements",
    )


async def expect_home(row: Row, name: str, pooled: Server, direct: Server, rounds: int = ROUNDS) -> None:
    """Home through a pooler and over a direct connection, by turns."""
    through, straight = [], []
    for _ in range(rounds):
        for server, rates in ((pooled, through), (direct, straight)):
            rates.append((await asyncio.to_thread(wrk, server, HOME.path, seconds=ROUND_SECONDS)).rate)
    one, other = statistics.median(through), statistics.median(straight)
    row.expect(
        f"{name}: home ≥ {SHARE_BOUND} of direct",
        f"{one / other:.2f}: {one:,.0f}/s, direct {other:,.0f}/s",
        one >= SHARE_BOUND * other,
    )


async def migrators(scene: Scene, row: Row) -> None:
    program = pgbouncer.find()
    if program is None or pgbouncer.version(program) < pgbouncer.KEEPS_STATEMENTS:
        return row.not_tried("8 migrators through transaction pooling", f"{NOT_FOUND}, from 1.21 on")
    cluster = await scene.cluster()
    pooler = bouncer(scene, cluster, "transaction", FEW)
    server = pooler.url.rpartition("/")[0]
    failures, appliers, left = [], [], []
    for turn in range(MIGRATION_ROUNDS):
        name = f"round_{turn}"
        cluster.superuser.query(f"create database {name} owner cruddur")
        answered = await asyncio.gather(
            *(asyncio.to_thread(migrate, scene, f"{server}/{name}") for _ in range(MIGRATORS))
        )
        failures += [one.stderr.strip()[-200:] for one in answered if one.returncode]
        applied = [json.loads(one.stdout)["applied_now"] for one in answered if not one.returncode]
        appliers.append(sum(bool(one) for one in applied))
        left += await left_in_sessions(pooler, name)
    row.expect(
        f"{MIGRATION_ROUNDS} rounds of {MIGRATORS} migrators: none fails, one applies",
        failures[0] if failures else f"{len(appliers)} rounds, appliers {sorted(set(appliers))}",
        not failures and set(appliers) == {1},
    )
    row.expect(
        "no lock and no setting stays behind in a session", f"{len(left)} {sorted(set(left))[:3] or ''}", not left
    )


async def left_in_sessions(pooler: PgBouncer, database: str) -> list[str]:
    """What is left in each session of a pool. Transactions that are open at once take a session each."""
    sessions = [Session(port=pooler.port, user="cruddur", database=database) for _ in range(FEW)]
    left: list[str] = []
    try:
        for session in sessions:
            await session.query("begin")
        for session in sessions:
            left += [str(line[0]) for line in await session.query(LEFT)]
    finally:
        for session in sessions:
            session.close()
    return left


def migrate(scene: Scene, url: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(scene.template.cruddur), "db", "migrate", "--json"],
        env={"PATH": os.environ["PATH"], "CONNECTION_URL": url},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


class Alternating(Proxy):
    """Each connection leads to the next of two clusters."""

    def __init__(self, *clusters: Cluster):
        super().__init__(clusters[0].socket_file)
        self._turns = itertools.cycle(cluster.socket_file for cluster in clusters)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._target = next(self._turns)
        await super()._connected(reader, writer)


async def alternating_address(scene: Scene, row: Row) -> None:
    primary = await scene.cluster("primary", wal_level="replica")
    standby = await scene.standby("standby", primary, recovery_min_apply_delay="2s")
    front = Alternating(primary, standby)
    await front.start()
    scene.at_end(front.stop)
    server = await scene.server(f"postgresql://cruddur@127.0.0.1:{front.port}/cruddur")
    connection = Connection(server.port)
    stale = refused = fresh = 0
    outcomes = Outcomes()
    deadline = time.monotonic() + 120
    while stale + fresh < FRESH_READS and time.monotonic() < deadline:
        if (stale + fresh) % 50 == 0:
            primary.superuser.query(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where application_name like 'cruddur-server:%'"
            )
        written = await connection.send(create(f"F19 {fresh}"))
        outcomes.append(written)
        if not written.is_success:
            await asyncio.sleep(0.02)
            continue
        uuid = json.loads(written.body)["uuid"]
        read = await get(server.port, f"/api/activities/{uuid}")
        home = await get(server.port, "/api/activities/home?limit=1")
        refused += (read.status == 503) + (home.status == 503)
        if read.status != 503:
            fresh, stale = (fresh + 1, stale) if read.status == 200 else (fresh, stale + 1)
        if home.status != 503:
            found = uuid.encode() in home.body
            fresh, stale = fresh + found, stale + (not found)
    connection.abort()
    row.expect(
        f"0 stale of {FRESH_READS:,} reads",
        f"{stale} stale, {fresh:,} fresh, {refused} refused, writes: {outcomes.summary()}",
        not stale and fresh >= FRESH_READS,
    )
