"""Something that the database needs is locked or used up: a table, connections, the disk, a standby."""

from __future__ import annotations

import asyncio
import os
import subprocess
import time

from ..client import Request
from ..cluster import Cluster, other_session
from ..load import HOME, LIVE, READY, Load, Outcomes, create, mixed, repeated
from ..scene import ADMIN, Scene, answers
from ..table import Row
from .network import DEADLINE, SLACK

ANSWERED_WITHIN = 250
LOCK_SECONDS = 20
DISK_MEGABYTES = 400
PROBES = [LIVE, Request("status", "GET", "/admin/status", headers=ADMIN)]
# Answered without the database.
MEMORY = [
    Request("client", "GET", "/"),
    Request("console", "GET", "/console"),
    Request("api", "GET", "/openapi.json"),
]
MESSAGES = Request("messages", "GET", "/api/message_groups")
SESSIONS = Request("sessions", "GET", "/admin/sessions", headers=ADMIN)


async def resources_run_out(scene: Scene, row: Row) -> None:
    await table_locked(scene, row)
    await connections_used_up(scene, row)
    await standby_hangs(scene, row)
    await disk_full(scene, row)


async def table_locked(scene: Scene, row: Row) -> None:
    cluster = await scene.cluster("locked")
    server = await scene.server(cluster.url)
    lock = other_session(cluster, f"begin; lock table activities; select pg_sleep({LOCK_SECONDS}); commit;")
    scene.at_end(lock.kill)
    await asyncio.sleep(0.5)
    others = [*PROBES, READY, *MEMORY, SESSIONS]
    async with Load(server.port, mixed("F22"), 24, rate=100) as load, Load(
        server.port, repeated(*others), 4, rate=40
    ) as beside, Load(server.port, repeated(MESSAGES), 2, rate=20) as messages:
        began = time.monotonic()
        await asyncio.to_thread(lock.wait)
        unlocked = time.monotonic()
        await asyncio.sleep(6)
    during = beside.outcomes.started_between(began, unlocked)
    expect_answers(row, "lock: /admin, probes and pages", during)
    said = messages.outcomes.started_between(began, unlocked)
    row.expect(
        "lock: messages, which do not need the table, answer", said.summary(), said and not said.failures()
    )
    row.at_most("lock: a request", load.outcomes.worst(), DEADLINE + SLACK, "s", load.outcomes.summary())
    row.at_most("lock: healthy again", load.outcomes.last_failure_after(unlocked), 5)
    server.stop()
    cluster.stop()


async def connections_used_up(scene: Scene, row: Row) -> None:
    cluster = await scene.cluster("used-up", max_connections="40")
    server = await scene.server(cluster.url)
    async with Load(server.port, mixed("F22 used up"), 16, rate=100) as load:
        await asyncio.sleep(2)
        # Others take every connection that is left, and those that the server gives up.
        others = [other_session(cluster, "select pg_sleep(60);") for _ in range(40)]
        for other in others:
            scene.at_end(other.kill)
        await asyncio.sleep(3)
        refused = not await cluster.admits()
        async with Load(server.port, repeated(*PROBES, READY, *MEMORY, SESSIONS), 4, rate=40) as beside:
            await asyncio.sleep(6)
        for other in others:
            other.kill()
            other.wait()
        await asyncio.to_thread(
            cluster.superuser.query,
            "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'psql'"
            " and usename = 'cruddur'",
        )
        ended = time.monotonic()
        await asyncio.sleep(6)
    row.expect("connections used up: the database refuses further ones", refused, refused)
    expect_answers(row, "connections used up: /admin, probes and pages", beside.outcomes)
    row.at_most(
        "connections used up: a request",
        load.outcomes.worst(),
        DEADLINE + SLACK,
        "s",
        load.outcomes.summary(),
    )
    row.at_most("connections used up: healthy again", load.outcomes.last_failure_after(ended), 5)
    server.stop()
    cluster.stop()


async def standby_hangs(scene: Scene, row: Row) -> None:
    cluster = await scene.cluster("standby")
    server = await scene.server(cluster.url)
    cluster.set("synchronous_standby_names", "a_standby_that_is_not_there")
    began = time.monotonic()
    async with Load(
        server.port, repeated(*(create(f"F22 standby {n}") for n in range(10_000))), 16, rate=50
    ) as writes, Load(server.port, repeated(*PROBES, *MEMORY, HOME), 4, rate=40) as beside:
        red = await answers(server, "/readyz", 503, 10) - began
        await asyncio.sleep(max(0, began + 10 - time.monotonic()))
        hanging = cluster.superuser.query(
            "select count(*) from pg_stat_activity where wait_event = 'SyncRep' and application_name like 'cruddur%'"
        )
        cluster.set("synchronous_standby_names", "")
        ended = time.monotonic()
        await asyncio.sleep(6)
    row.at_most("standby hangs: /readyz says so", red, 5)
    expect_answers(
        row, "standby hangs: /admin, probes, pages and home", beside.outcomes.started_between(began, ended)
    )
    row.at_most(
        "standby hangs: a write",
        writes.outcomes.worst(),
        DEADLINE + SLACK,
        "s",
        f"{writes.outcomes.summary()}; {hanging} sessions hang",
    )
    row.at_most("standby hangs: writes again", writes.outcomes.last_failure_after(ended), 5)
    server.stop()
    cluster.stop()


async def disk_full(scene: Scene, row: Row) -> None:
    if os.getuid() != 0 or os.uname().sysname != "Linux":
        return row.not_tried("disk full", "only root on Linux can mount a small disk")
    disk = scene.folder / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MEGABYTES}m", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        return row.not_tried("disk full", "this machine does not permit a mount")
    scene.at_end(lambda: subprocess.run(["umount", "-l", str(disk)], check=True))
    disk.chmod(0o711)
    cluster = Cluster(disk / "db", {"wal_recycle": "off", "max_wal_size": "64MB"})
    cluster.copy_of(scene.template.cluster)
    scene.at_end(cluster.stop)
    await cluster.started()
    server = await scene.server(cluster.url)
    filler = disk / "filler"
    with filler.open("wb") as file:
        fill(file.fileno())
    began = time.monotonic()
    async with Load(server.port, repeated(*PROBES, *MEMORY), 4, rate=40) as beside, Load(
        server.port, repeated(*(create(f"F22 disk {n}" + "x" * 200) for n in range(100_000))), 16, rate=300
    ) as writes:
        await asyncio.sleep(12)
        refused = writes.outcomes.started_between(time.monotonic() - 3, float("inf"))
        filler.unlink()
        await cluster.accepting()
        ended = time.monotonic()
        await asyncio.sleep(8)
    expect_answers(row, "disk full: /admin, probes and pages", beside.outcomes.started_between(began, ended))
    row.expect("disk full: the disk is full", f"writes then: {refused.summary()}", bool(refused.failures()))
    row.at_most(
        "disk full: a write", writes.outcomes.worst(), DEADLINE + SLACK, "s", writes.outcomes.summary()
    )
    row.at_most(
        "disk full: healthy after there is room and the database serves",
        writes.outcomes.last_failure_after(ended),
        5,
    )


def fill(file: int) -> None:
    """Writes until the disk is full."""
    try:
        while True:
            os.write(file, bytes(1 << 16))
    except OSError:
        pass


def expect_answers(row: Row, what: str, outcomes: Outcomes) -> None:
    """Expects every answer to be a success within a quarter of a second."""
    failed = outcomes.failures()
    kinds = sorted({one.kind for one in failed})
    row.expect(
        f"{what} answer",
        outcomes.summary() + (f" ({', '.join(kinds)})" if kinds else ""),
        outcomes and not failed,
    )
    slowest = max(outcomes, key=lambda one: one.seconds, default=None)
    row.at_most(
        f"{what}: p99",
        outcomes.p99(),
        ANSWERED_WITHIN,
        "ms",
        f"longest {outcomes.worst():.2f} s ({slowest.kind if slowest else ''})",
    )
