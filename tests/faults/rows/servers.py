"""Servers are killed, stopped and restarted, and share one key."""

from __future__ import annotations

import asyncio
import signal
import time
from collections import Counter

from comparison.processes import Server

from ..balancer import Balancer
from ..client import CUT, HUNG, REFUSED, Connection
from ..load import Outcomes, create, mixed
from ..load import KeyedCreates, Load
from ..scene import Scene, ended, ready
from ..stream import Stream
from ..table import Row
from .database import KILLS, SECONDS_BETWEEN_KILLS, STORED, expect_exactly_once

EQUAL_CREATES = 64
KEY_ROUNDS = 20
STOPS = 12
# The streams that are open at a SIGTERM, and the longest wait for their end.
STREAMS, PATIENCE = 50, 5.0
FLEET = 5


async def server_killed(scene: Scene, row: Row) -> None:
    cluster = await scene.cluster()
    server = await scene.server(cluster.url)
    back = []
    began = time.monotonic()
    async with KeyedCreates("F2", lambda: [server.port]) as creates:
        for _ in range(KILLS):
            await asyncio.sleep(SECONDS_BETWEEN_KILLS)
            server.signal(signal.SIGKILL)
            await ended(server, 5)
            restarted = time.monotonic()
            server = scene.start_server(cluster.url, port=server.port)
            await ready(server)
            await asyncio.sleep(2)
            back.append(creates.outcomes.first_success_after(restarted) - restarted)
        await asyncio.sleep(SECONDS_BETWEEN_KILLS)
    seconds = time.monotonic() - began
    row.at_most("serving again after the new process starts", max(back), 2)
    expect_exactly_once(row, creates, cluster.query(STORED.format("F2")), seconds)


async def equal_creates(scene: Scene, row: Row) -> None:
    cluster = await scene.cluster()
    servers = [await scene.server(cluster.url), await scene.server(cluster.url)]
    connections = [Connection(servers[at % 2].port) for at in range(EQUAL_CREATES)]
    bodies: list[int] = []
    outcomes = Outcomes()
    for turn in range(KEY_ROUNDS):
        request = create(f"F9 {turn}", key=f"F9-{turn}")
        answered = await asyncio.gather(*(connection.send(request) for connection in connections))
        outcomes.extend(answered)
        bodies.append(len({one.body for one in answered if one.status == 200}))
    for connection in connections:
        connection.abort()
    stored = Counter(line.partition("|")[0] for line in cluster.query(STORED.format("F9")).splitlines())
    row.expect(
        "one row for each key",
        f"{sum(stored.values())} rows for {KEY_ROUNDS} keys",
        len(stored) == KEY_ROUNDS and max(stored.values()) == 1,
    )
    row.expect("every answer with 200 has the same bytes", f"at most {max(bodies)} bodies", max(bodies) == 1)
    others = [one for one in outcomes if one.status not in (200, 409)]
    row.expect("the others replay or answer 409", outcomes.summary(), not others)


async def restarts(scene: Scene, row: Row) -> None:
    cluster = await scene.cluster()
    await stop_under_load(scene, row, cluster.url)
    await rolling_restart(scene, row, cluster.url)


async def stop_under_load(scene: Scene, row: Row, url: str) -> None:
    """Stops a server in the middle of its requests, again and again. A client sends no further request after an
    answer with `Connection: close`, or when it cannot connect."""
    cut = Outcomes()
    cut_rounds = answered = ended_streams = 0
    exits = []
    for _ in range(STOPS):
        server = await scene.server(url)
        streams = [await Stream.open(server.port, "home", "", PATIENCE) for _ in range(STREAMS)]
        clients = [Leaving(server.port, mixed("F10")) for _ in range(32)]
        tasks = [asyncio.create_task(client.run()) for client in clients]
        await asyncio.sleep(1)
        stopped = time.monotonic()
        server.signal(signal.SIGTERM)
        exits.append(await ended(server, 15) - stopped)
        await asyncio.gather(*tasks)
        ended_streams += sum([bool(stream) and await stream.ends(PATIENCE) for stream in streams])
        outcomes = Outcomes(one for client in clients for one in client.outcomes)
        failed = Outcomes(one for one in outcomes if not one.is_success and one.status != REFUSED)
        cut.extend(failed)
        cut_rounds += bool(failed)
        answered += len(outcomes)
    row.expect(
        f"SIGTERM {STOPS} times: no request in flight fails",
        f"{cut.summary() if cut else 'none'} of {answered:,}, in {cut_rounds} rounds",
        not cut,
    )
    row.expect(
        "every open stream ends as a whole",
        f"{ended_streams:,} of {STOPS * STREAMS:,}",
        ended_streams == STOPS * STREAMS,
    )
    row.at_most("a server exits after SIGTERM", max(exits), 10)


class Leaving:
    """A client that leaves a server that is stopping."""

    def __init__(self, port: int, requests):
        self._connection = Connection(port)
        self._requests = requests
        self.outcomes = Outcomes()

    async def run(self) -> None:
        while True:
            outcome = await self._connection.send(next(self._requests))
            self.outcomes.append(outcome)
            is_last = outcome.headers.get("connection", "").lower() == "close"
            if is_last or outcome.status in (CUT, REFUSED, HUNG):
                return self._connection.abort()


async def rolling_restart(scene: Scene, row: Row, url: str) -> None:
    """Restarts five servers one after the other behind a balancer that asks `/readyz`."""
    fleet: list[Server] = [await scene.server(url) for _ in range(FLEET)]
    balancer = Balancer([server.port for server in fleet])
    await balancer.start()
    scene.at_end(balancer.stop)
    exits = []
    async with Load(balancer.port, mixed("F10 rolling"), 32, rate=600) as load:
        await asyncio.sleep(1)
        for at, server in enumerate(fleet):
            stopped = time.monotonic()
            server.signal(signal.SIGTERM)
            exits.append(await ended(server, 15) - stopped)
            fleet[at] = scene.start_server(url, port=server.port)
            await ready(fleet[at])
            await balancer.admits(server.port)
        await asyncio.sleep(1)
    failed = load.outcomes.failures()
    row.expect(
        f"rolling restart of {FLEET} servers: no request fails",
        f"{failed.summary() if failed else 'none'} of {len(load.outcomes):,}; {balancer.complaints()}",
        load.outcomes and not failed,
    )
    row.at_most("each exits after SIGTERM", max(exits), 10)
