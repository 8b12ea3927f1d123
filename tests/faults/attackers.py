"""Hostile clients. Each function runs in a process of its own until it is told to stop, and returns figures."""

from __future__ import annotations

import asyncio
import random
import socket
import time
from collections import Counter

from .beside import Control
from .client import Connection, Request
from .load import Load, Outcomes, repeated
from .proxy import reset

HEAD = "GET {} HTTP/1.1\r\nHost: localhost\r\n{}\r\n"


def head(path: str, headers: dict[str, str] | None = None) -> bytes:
    return HEAD.format(
        path, "".join(f"{name}: {value}\r\n" for name, value in (headers or {}).items())
    ).encode()


async def flood(
    control: Control, port: int, requests: list[Request], clients: int, rate: float | None
) -> dict:
    """`clients` connections that repeat these requests, `rate` a second together. Returns the counts and latencies
    of answers by status."""
    async with Load(port, repeated(*requests), clients, rate) as load:
        began = time.monotonic()
        await control.stopping.wait()
        seconds = time.monotonic() - began
    return summary(load.outcomes.started_between(began, began + seconds), seconds)


def summary(outcomes: Outcomes, seconds: float) -> dict:
    refusals = Outcomes(one for one in outcomes if one.status in (503, 429))
    others = Outcomes(one for one in outcomes if not one.is_success and one.status not in (503, 429))
    return {
        "seconds": seconds,
        "sent": len(outcomes),
        "good": len(outcomes.successes()),
        "good_p99": outcomes.successes().p99(),
        "refusals": len(refusals),
        "refusals_p50": refusals.p50(),
        "refusals_p99": refusals.p99(),
        "others": others.summary() if others else "",
    }


async def resetting(control: Control, port: int, requests: list[Request], rate: float) -> int:
    """Sends requests and resets each connection 20 ms later. Returns their number."""
    sent = 0

    async def one(request: Request) -> None:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            return
        writer.write(request.encoded())
        await asyncio.sleep(0.02)
        reset(writer)

    tasks = set()
    due = time.monotonic()
    while not control.is_stopping():
        task = asyncio.create_task(one(requests[sent % len(requests)]))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
        sent += 1
        due += 1 / rate
        await asyncio.sleep(max(0, due - time.monotonic()))
    await asyncio.gather(*tasks)
    return sent


class SlowSocket(asyncio.Protocol):
    """A socket that sends `first` and then `drip`, a byte at each call of `send_byte`, and knows when the server closes
    it. A protocol costs the attacker less than a task, and the good clients share its processors."""

    def __init__(self, first: bytes, drip: bytes):
        self._first, self._drip, self._at = first, drip, 0
        self.opened = self.closed = 0.0
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.opened = time.monotonic()
        transport.write(self._first)

    def eof_received(self) -> None:
        self.connection_lost(None)

    def connection_lost(self, _: Exception | None) -> None:
        self.closed = self.closed or time.monotonic()

    def send_byte(self) -> None:
        if self._drip and not self.closed:
            at = self._at % len(self._drip)
            self.transport.write(self._drip[at : at + 1])
            self._at += 1


async def slow(control: Control, port: int, count: int) -> dict:
    """Opens sockets of which a third sends nothing, a third a byte of its head a second, and a third a byte of its
    body a second. Says so when all are open; returns how many the server has closed, and after how long."""
    body = b"POST /api/activities HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    body += b'Content-Length: 900\r\n\r\n{"message": "'
    kinds = {
        "silent": (b"", b""),
        "slow head": (b"GET /api/activities/home HTTP/1.1\r\n", b"X-A: "),
        "slow body": (body, b"a"),
    }
    loop = asyncio.get_running_loop()
    sockets: dict[str, list[SlowSocket]] = {kind: [] for kind in kinds}
    for at in range(count):
        kind = list(kinds)[at % 3]
        _, one = await loop.create_connection(lambda: SlowSocket(*kinds[kind]), "127.0.0.1", port)
        sockets[kind].append(one)
        if at % 50 == 49:
            await asyncio.sleep(0.01)
    control.say("open")
    every = [one for kind in sockets.values() for one in kind]
    # Each turn sends one byte to a hundredth of the sockets, so that all get one a second without a burst.
    turn = 0
    while not control.is_stopping():
        for one in every[turn % 100 :: 100]:
            one.send_byte()
        turn += 1
        await asyncio.sleep(0.01)
    for one in every:
        one.transport.abort()
    closed = {kind: [one for one in ones if one.closed] for kind, ones in sockets.items()}
    return {
        kind: (len(ones), max((one.closed - one.opened for one in ones), default=0.0))
        for kind, ones in closed.items()
    }


async def never_reading(
    control: Control, port: int, count: int, path: str, headers: dict[str, str] | None = None
) -> int:
    """Opens connections that request `path` many times and read no answer. Says so when all are open."""
    sockets = []
    loop = asyncio.get_running_loop()
    for at in range(count):
        one = socket.socket()
        # The smallest receive buffer: the answers stay in the server.
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
        one.setblocking(False)
        sockets.append(one)
        try:
            await loop.sock_connect(one, ("127.0.0.1", port))
            one.send(head(path, headers) * 50)
        except OSError:
            pass
        if at % 50 == 49:
            await asyncio.sleep(0.01)
    control.say("open")
    await control.stopping.wait()
    for one in sockets:
        one.close()
    return len(sockets)


async def walking(control: Control, port: int, headers: dict[str, str], rate: float) -> dict:
    """Reads page after page of home, each of which the server may keep."""
    connection = Connection(port)
    statuses: Counter[str] = Counter()
    path = "/api/activities/home?limit=100"
    due = time.monotonic()
    while not control.is_stopping():
        outcome = await connection.send(Request("page", "GET", path, headers=headers))
        statuses[outcome.name] += 1
        target, _, more = outcome.headers.get("link", "").partition(">")
        path = (
            target.lstrip("<") if "next" in more else f"/api/activities/home?limit={random.randrange(1, 101)}"
        )
        if path.startswith("http"):
            path = "/" + path.split("/", 3)[3]
        due = max(due + 1 / rate, time.monotonic())
        await asyncio.sleep(due - time.monotonic())
    connection.abort()
    return dict(statuses)


async def deleting(control: Control, port: int, uuids: list[str], headers: dict[str, str]) -> dict:
    """Deletes long threads again and again, once a second. Returns the statuses."""
    connection = Connection(port)
    statuses: Counter[str] = Counter()
    while not control.is_stopping():
        path = f"/api/activities/{uuids[sum(statuses.values()) % len(uuids)]}"
        outcome = await connection.send(Request("delete", "DELETE", path, headers=headers))
        statuses[outcome.name] += 1
        await asyncio.sleep(1)
    connection.abort()
    return dict(statuses)
