"""Clients that send requests without a pause or at a steady rate, and what became of their requests."""

from __future__ import annotations

import asyncio
import base64
import json
import random
import time
from collections import Counter
from typing import Callable, Iterable, Iterator

from .client import Connection, Request

# After a failure a client without a rate waits this long, so that refusals do not make it spin.
PAUSE_AFTER_FAILURE = 0.05


class Outcomes(list):
    """A list of outcomes with the figures that the rows compare."""

    def of(self, *kinds: str) -> Outcomes:
        return Outcomes(one for one in self if one.kind in kinds)

    def started_between(self, begin: float, end: float) -> Outcomes:
        return Outcomes(one for one in self if begin <= one.started < end)

    def successes(self) -> Outcomes:
        return Outcomes(one for one in self if one.is_success)

    def failures(self) -> Outcomes:
        return Outcomes(one for one in self if not one.is_success)

    def percentile(self, share: float) -> float:
        """A percentile of the latencies in milliseconds; infinite without an outcome."""
        if not self:
            return float("inf")
        ordered = sorted(one.seconds for one in self)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000

    def p50(self) -> float:
        return self.percentile(0.5)

    def p99(self) -> float:
        return self.percentile(0.99)

    def worst(self) -> float:
        """The longest latency in seconds."""
        return max((one.seconds for one in self), default=float("inf"))

    def first_success_after(self, moment: float) -> float:
        """When the first success of a request that ended after `moment` ended; infinite if there is none."""
        return min((one.ended for one in self if one.is_success and one.ended > moment), default=float("inf"))

    def last_failure_after(self, moment: float) -> float:
        """The seconds from `moment` until the last failed request ended; 0 without a failure, and infinite if no
        request succeeded after it."""
        failed = max((one.ended for one in self.failures()), default=moment)
        if self.first_success_after(failed) == float("inf"):
            return float("inf")
        return max(0.0, failed - moment)

    def summary(self) -> str:
        """How many outcomes there are of each status."""
        counted = Counter(one.name for one in self)
        return ", ".join(f"{count:,} × {name}" for name, count in counted.most_common()) or "no request"


class Load:
    """`clients` connections over which requests go one after the other: together `rate` a second, or without a
    rate each after the answer to the previous one. As an async context manager it runs beside the block."""

    def __init__(
        self,
        port: int | Callable[[], int],
        requests: Iterable[Request],
        clients: int,
        rate: float | None = None,
    ):
        self._port = port if callable(port) else lambda: port
        self._requests: Iterator[Request] = iter(requests)
        self._clients = clients
        self._interval = clients / rate if rate else None
        self._tasks: list[asyncio.Task] = []
        self._stopping = False
        self.outcomes = Outcomes()

    async def __aenter__(self) -> Load:
        self._tasks = [asyncio.create_task(self._run(at / self._clients)) for at in range(self._clients)]
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Lets every client receive the answer that it waits for."""
        self._stopping = True
        await end(self._tasks, kind is not None)

    async def _run(self, phase: float) -> None:
        connection = Connection(self._port())
        due = time.monotonic() + phase * (self._interval or 0)
        while not self._stopping:
            if self._interval:
                due = max(due + self._interval, time.monotonic())
                await asyncio.sleep(due - time.monotonic())
            if connection.port != self._port():
                connection.abort()
                connection = Connection(self._port())
            outcome = await connection.send(next(self._requests))
            self.outcomes.append(outcome)
            if not outcome.is_success and not self._interval:
                await asyncio.sleep(PAUSE_AFTER_FAILURE)
        connection.abort()


class KeyedCreates:
    """Clients that create activities, each under an Idempotency-Key of its own, and repeat a create under the same
    key until it is acknowledged: together at most `rate` a second, or without a rate each after the previous one.
    `ports` are the servers that a client tries by turns."""

    def __init__(
        self, tag: str, ports: Callable[[], list[int]], clients: int = 64, rate: float | None = None
    ):
        self._tag = tag
        self._ports = ports
        self._numbers = iter(range(1 << 62))
        self._clients = clients
        self._interval = clients / rate if rate else 0.0
        self._stopping = False
        self._tasks: list[asyncio.Task] = []
        self.outcomes = Outcomes()
        self.acknowledged: dict[str, str] = {}
        # The moment of the last acknowledgement.
        self.acknowledged_at = 0.0

    async def __aenter__(self) -> KeyedCreates:
        self._tasks = [asyncio.create_task(self._run(at)) for at in range(self._clients)]
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._stopping = True
        await end(self._tasks, kind is not None)

    async def _run(self, client: int) -> None:
        connections: dict[int, Connection] = {}
        turn = client
        due = time.monotonic() + self._interval * client / self._clients
        while not self._stopping:
            due = max(due + self._interval, time.monotonic())
            await asyncio.sleep(due - time.monotonic())
            message = f"{self._tag} {next(self._numbers)}"
            request = create(message, key=message.replace(" ", "-"))
            acknowledged = False
            while not acknowledged and not self._stopping:
                ports = self._ports()
                port = ports[turn % len(ports)]
                connection = connections.setdefault(port, Connection(port))
                outcome = await connection.send(request)
                self.outcomes.append(outcome)
                acknowledged = outcome.is_success
                if acknowledged:
                    self.acknowledged[message] = json.loads(outcome.body)["uuid"]
                    self.acknowledged_at = outcome.ended
                else:
                    turn += 1
                    await asyncio.sleep(PAUSE_AFTER_FAILURE)
        for connection in connections.values():
            connection.abort()

    def lost_and_doubled(self, stored: str) -> tuple[int, int]:
        """How many acknowledged activities are missing, and how many keys have more than one. `stored` has a line
        `message|uuid` for each row of the table."""
        uuids: dict[str, list[str]] = {}
        for line in stored.splitlines():
            message, _, uuid = line.partition("|")
            if message.startswith(f"{self._tag} "):
                uuids.setdefault(message, []).append(uuid)
        lost = sum(uuid not in uuids.get(message, ()) for message, uuid in self.acknowledged.items())
        return lost, sum(len(rows) > 1 for rows in uuids.values())


async def end(tasks: list[asyncio.Task], at_once: bool) -> None:
    """Waits for the clients; `at_once` where the row has failed or is interrupted."""
    if at_once:
        for task in tasks:
            task.cancel()
    await asyncio.gather(*tasks, return_exceptions=at_once)


def create(message: str, key: str = "", headers: dict[str, str] | None = None) -> Request:
    """The request that creates an activity."""
    body = json.dumps({"message": message, "ttl": "1-day"}).encode()
    keyed = {"Idempotency-Key": key} if key else {}
    return Request("create", "POST", "/api/activities", body, {**keyed, **(headers or {})})


# The start of 2020 as a cursor, which is older than every row.
OLD_CURSOR = base64.urlsafe_b64encode((1_577_836_800_000_000).to_bytes(8, "big") + bytes(16)).decode()
# Reads that cost the database most.
COSTLY = [
    f"/api/activities/search?term=activity&limit=100&before={OLD_CURSOR}",
    "/api/activities/search?term=activity+reply&limit=100",
    "/api/activities/search?term=bench&limit=100",
    "/api/activities/notifications?limit=100",
    "/api/notifications?limit=100",
]
HOME = Request("home", "GET", "/api/activities/home?limit=20")
LIVE = Request("livez", "GET", "/livez")
READY = Request("readyz", "GET", "/readyz")


def mixed(tag: str) -> Iterator[Request]:
    """Requests of every kind that needs the database: batches and the shared pool, reads and writes."""
    yielded = 0
    while True:
        yielded += 1
        yield HOME
        yield Request("user", "GET", f"/api/activities/@bench_{random.randrange(1, 1000)}?limit=20")
        yield Request(
            "search", "GET", f"/api/activities/search?term=activity+{random.randrange(1, 1000)}&limit=20"
        )
        yield Request("notifications", "GET", "/api/activities/notifications")
        yield Request("messages", "GET", "/api/message_groups")
        yield create(f"{tag} {yielded}")


def repeated(*requests: Request) -> Iterator[Request]:
    while True:
        yield from requests
