"""Streams on all servers while the leader changes and servers are killed: each client must show what home shows."""

from __future__ import annotations

import asyncio
import itertools
import json
import random
import signal
import time
from contextlib import AsyncExitStack

from comparison.processes import Broken
from faults.client import get
from faults.scene import Scene, ended, ready
from faults.table import Row

from ..follower import COMPARED, Follower, newest
from ..patroni import Patroni
from ..stage import BEHIND_HAPROXY, DEVELOPER, HOSTS_IN_URL, Stage, set_up
from .histories import SECONDS_BETWEEN, Workers, freeze, kill, switch_over

FOLLOWERS = 6
# Everything is told by then.
PATIENCE = 20.0
# The activities that expire, one after the other, and their life.
EXPIRING_INTERVAL = 0.3
EXPIRING = f"""
    insert into activities (user_uuid, message, expires_at)
    select uuid, 'expires soon', now() + interval '500 ms'
    from users
    where handle = '{DEVELOPER}'"""
EXPIRING_LEFT = "select count(*) from activities where message = 'expires soon' and expires_at > now()"


async def followed(scene: Scene, row: Row, times: int) -> None:
    stage = await set_up(scene, (BEHIND_HAPROXY, HOSTS_IN_URL))
    ports = [server.port for servers in stage.servers.values() for server in servers]
    followers = [Follower(ports) for _ in range(FOLLOWERS)]
    changes = itertools.cycle((kill, freeze, switch_over))
    async with AsyncExitStack() as stack:
        for follower in followers:
            await stack.enter_async_context(follower)
        expiring = asyncio.create_task(expire(stage.patroni))
        try:
            async with Workers(ports) as workers:
                for change in itertools.islice(changes, times):
                    await asyncio.sleep(SECONDS_BETWEEN)
                    await kill_server(scene, stage)
                    await change(stage.patroni)
                    await stage.patroni.healthy()
                await asyncio.sleep(SECONDS_BETWEEN)
        finally:
            expiring.cancel()
        while await stage.patroni.query(EXPIRING_LEFT) != [["0"]]:
            await asyncio.sleep(0.1)
        differing = await different(followers, ports)
    errors = [error for follower in followers for error in follower.errors]
    events = sum(follower.events for follower in followers)
    row.expect(
        "no stream tells anything twice, or after it was gone",
        f"{len(errors)} of {events:,} events {errors[:2] or ''}",
        events and not errors,
    )
    row.expect(
        f"every client shows the newest {COMPARED} activities of home with their counts",
        f"{differing} of {FOLLOWERS} clients differ, after {sum(workers.writes.values()):,} writes",
        not differing,
    )
    loads = min(follower.loads for follower in followers)
    row.expect(
        "every change of the leader makes every client load its page again",
        f"{loads - 1} times at least, {times} changes",
        loads > times,
    )
    row.expect(
        "streams were cut and went on elsewhere", f"{sum(follower.streams for follower in followers):,} streams", True
    )


async def different(followers: list[Follower], ports: list[int]) -> int:
    """How many clients do not show what home shows, when that no longer changes."""
    page = await get(random.choice(ports), f"/api/activities/home?limit={COMPARED}")
    if not page.is_success:
        raise Broken(f"home: {page.name}")
    expected = newest(json.loads(page.body))
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and any(follower.shown() != expected for follower in followers):
        await asyncio.sleep(0.05)
    return sum(follower.shown() != expected for follower in followers)


async def expire(patroni: Patroni) -> None:
    """Inserts activities that expire soon, while there is a leader."""
    while True:
        try:
            await patroni.query(EXPIRING)
        except (OSError, asyncio.IncompleteReadError, asyncio.TimeoutError, Broken):
            pass
        await asyncio.sleep(EXPIRING_INTERVAL)


async def kill_server(scene: Scene, stage: Stage) -> None:
    """SIGKILL to a server, which starts again."""
    way = random.choice(list(stage.servers))
    at = random.randrange(len(stage.servers[way]))
    old = stage.servers[way][at]
    old.signal(signal.SIGKILL)
    await ended(old, PATIENCE)
    url = stage.haproxy.database_url() if way == BEHIND_HAPROXY else stage.patroni.url
    stage.servers[way][at] = scene.start_server(url, old.port, DEV_USER_HANDLE=DEVELOPER)
    await ready(stage.servers[way][at])
