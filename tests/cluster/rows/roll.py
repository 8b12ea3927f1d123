"""Three servers behind HAProxy change from one build to another while the schema changes."""

from __future__ import annotations

import asyncio
import itertools
import os
import signal
import time
from pathlib import Path
from typing import Iterator

from comparison.processes import Broken
from faults.client import Request
from faults.load import HOME, Load, create
from faults.scene import Scene, ended, ready, run_command
from faults.session import Session
from faults.table import Row

from ..patroni import Patroni
from ..stage import BEHIND_HAPROXY, DEVELOPER, Stage, set_up

RATE, CLIENTS = 150, 24
# HAProxy asks a server that was away twice a second.
NOTICED = 1.5
# Another session reads the table for so long that a change of it has to wait for its lock more than once.
READER_SECONDS = 5
ATTEMPTS = 20
EXIT_BOUND = 10
# What a migration of the next release would do, where PREVIOUS names no other build.
EXPANSION = (
    "alter table activities add column roll_test integer",
    "create table roll_tests (activity_uuid uuid references activities (uuid))",
    "create index concurrently on activities (roll_test)",
)


async def rolled(scene: Scene, row: Row, times: int) -> None:
    previous = os.environ.get("PREVIOUS")
    scene.program = Path(previous) if previous else scene.template.cruddur
    stage = await set_up(scene, (BEHIND_HAPROXY,))
    scene.program = scene.template.cruddur
    exits = []
    async with Load(stage.haproxy.port, requests(), CLIENTS, rate=RATE) as load:
        for turn in range(times):
            await asyncio.sleep(1)
            with_reader = asyncio.create_task(read_long(stage.patroni))
            migrating = asyncio.create_task(migrate(scene, stage.patroni, bool(previous) and turn == 0))
            for at in range(len(stage.servers[BEHIND_HAPROXY])):
                exits.append(await replace(scene, stage, at))
            await with_reader
            took = await migrating
        await asyncio.sleep(1)
    failed = load.outcomes.failures()
    row.expect(
        "no request fails that HAProxy's retry does not hide",
        f"{failed.summary() if failed else 'none'} of {len(load.outcomes):,}, "
        f"p99 {load.outcomes.p99():.0f} ms, longest {load.outcomes.worst():.2f} s",
        load.outcomes and not failed,
    )
    builds = "db migrate of the new build" if previous else "a column, a table and an index; no PREVIOUS build"
    row.at_most(
        "the schema changes while another session reads the table for 5 s", took, 30, more=f"by {builds}"
    )
    row.at_most("each server exits after SIGTERM", max(exits), EXIT_BOUND)


def requests() -> Iterator[Request]:
    """Reads and creates, which have a key, so that HAProxy may send them again."""
    for number in itertools.count():
        yield HOME
        yield Request("user", "GET", f"/api/activities/@{DEVELOPER}?limit=20")
        yield Request("notifications", "GET", "/api/activities/notifications")
        yield create(f"roll {number}", key=f"roll-{number}")


async def replace(scene: Scene, stage: Stage, at: int) -> float:
    """Replaces a server by one of the new build; returns how long the old one took to exit."""
    servers = stage.servers[BEHIND_HAPROXY]
    stopped = time.monotonic()
    servers[at].signal(signal.SIGTERM)
    took = await ended(servers[at], EXIT_BOUND + 5) - stopped
    url = stage.haproxy.database_url()
    servers[at] = scene.start_server(url, servers[at].port, DEV_USER_HANDLE=DEVELOPER)
    await ready(servers[at])
    await asyncio.sleep(NOTICED)
    return took


async def read_long(patroni: Patroni) -> None:
    """Keeps a lock of a reader on the table that changes, as a backup or a report does."""
    session = (await patroni.healthy()).session("cruddur")
    try:
        await session.query("begin; select count(*) from activities")
        await asyncio.sleep(READER_SECONDS)
    finally:
        session.close()


async def migrate(scene: Scene, patroni: Patroni, has_migrations: bool) -> float:
    """Changes the schema; returns the seconds that it took."""
    began = time.monotonic()
    await asyncio.sleep(0.5)
    if has_migrations:
        answer = await asyncio.to_thread(run_command, scene.template.cruddur, patroni, "db", "migrate")
        if answer.returncode != 0:
            raise Broken(f"cruddur db migrate: {answer.stderr.strip()}")
        return time.monotonic() - began
    session = (await patroni.healthy()).session("cruddur")
    try:
        await session.query("set lock_timeout = '1s'")
        for statement in EXPANSION:
            await with_retries(session, statement)
    finally:
        session.close()
    return time.monotonic() - began


async def with_retries(session: Session, statement: str) -> None:
    """Sends a statement again where it has waited for its lock too long."""
    for _ in range(ATTEMPTS):
        try:
            await session.query(statement, 30)
            return
        except Broken as refused:
            if not str(refused).startswith("55P03"):
                raise
        await asyncio.sleep(0.5)
    raise Broken(f"no lock for: {statement}")
