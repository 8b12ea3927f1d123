"""A round-robin load balancer in front of several servers. It asks `/readyz` of each, sends every request to a ready
one over a kept connection, and repeats none."""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter

from .client import Connection, Outcome, Request, get

PROBE_INTERVAL = 0.5


class Balancer:
    def __init__(self, ports: list[int]):
        self._ports = ports
        self._ready: set[int] = set()
        self._turns = itertools.count()
        self._idle: dict[int, list[Connection]] = {port: [] for port in ports}
        self._tasks: list[asyncio.Task] = []
        self._failed: Counter[str] = Counter()
        self.port = 0

    async def start(self) -> None:
        await asyncio.gather(*(self._probe(port) for port in self._ports))
        self._tasks = [asyncio.create_task(self._probe_forever(port)) for port in self._ports]
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, backlog=1024)
        self.port = self._server.sockets[0].getsockname()[1]

    def stop(self) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()

    async def admits(self, port: int) -> None:
        """Waits until this server gets requests again."""
        while port not in self._ready:
            await asyncio.sleep(0.02)

    def complaints(self) -> str:
        """The failures of the servers, by request and what became of it."""
        return (
            ", ".join(f"{count} × {what}" for what, count in self._failed.most_common(4))
            or "no server failed"
        )

    async def _probe_forever(self, port: int) -> None:
        while True:
            await asyncio.sleep(PROBE_INTERVAL)
            await self._probe(port)

    async def _probe(self, port: int) -> None:
        if (await get(port, "/readyz", patience=2)).status == 200:
            self._ready.add(port)
        else:
            self._ready.discard(port)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
                method, path, _ = head[0].split(" ")
                headers = dict(line.split(": ", 1) for line in head[1:-2])
                length = int(headers.get("Content-Length", 0))
                body = await reader.readexactly(length)
                kept = {name: value for name, value in headers.items() if name == "Idempotency-Key"}
                outcome = await self._send(
                    Request(f"{method} {path.partition('?')[0]}", method, path, body, kept)
                )
                status = outcome.status if outcome.status > 0 else 502
                writer.write(
                    f"HTTP/1.1 {status} -\r\nContent-Length: {len(outcome.body)}\r\n\r\n".encode()
                    + outcome.body
                )
                await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.transport.abort()

    async def _send(self, request: Request) -> Outcome:
        ready = [port for port in self._ports if port in self._ready] or self._ports
        port = ready[next(self._turns) % len(ready)]
        idle = self._idle[port]
        connection = idle.pop() if idle else Connection(port)
        outcome = await connection.send(request)
        idle.append(connection)
        if not outcome.is_success:
            self._failed[f"{request.kind} {outcome.name}"] += 1
        return outcome
