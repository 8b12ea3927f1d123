"""A TCP proxy on loopback in front of a cluster's Unix socket: the network to the database, with its faults."""

from __future__ import annotations

import asyncio
import enum
import socket
import struct
from pathlib import Path
from typing import Coroutine


class Network(enum.Enum):
    """What the proxy does with connections and their bytes."""

    FINE = "fine"
    SILENT = "black-holed"  # nothing passes, new connections get no answer
    HALF_OPEN = "half-open"  # nothing passes on the connections of before, new ones work
    SLOW = "2 s slow"
    TRICKLE = "1 KB/s"
    RESET = "reset"


SLOWNESS = 2.0
TRICKLE_BYTES, TRICKLE_INTERVAL = 100, 0.1


class Link:
    """One connection through the proxy."""

    def __init__(self, client: asyncio.StreamWriter, database: asyncio.StreamWriter):
        self.client = client
        self.database = database
        self.is_dead = False


class Proxy:
    """Passes connections on. `latency` is the seconds by which every answer of PostgreSQL is late."""

    def __init__(self, target: Path, latency: float = 0.0):
        self._target = target
        self.latency = latency
        self._server: asyncio.Server | None = None
        self._links: set[Link] = set()
        self._tasks: set[asyncio.Task] = set()
        self._changed = asyncio.Event()
        self.network = Network.FINE
        self.port = 0

    async def start(self) -> None:
        def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            self._begin(self._connected(reader, writer))

        self._server = await asyncio.start_server(accept, "127.0.0.1", self.port, backlog=1024)
        self.port = self._server.sockets[0].getsockname()[1]

    def set(self, network: Network, target: Path | None = None) -> None:
        """Changes the network, and for connections from now on the target."""
        self.network = network
        self._target = target or self._target
        if network is Network.HALF_OPEN:
            for link in self._links:
                link.is_dead = True
        if network is Network.RESET:
            for link in list(self._links):
                reset(link.client)
                link.database.transport.abort()
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    def refuse(self) -> None:
        """Closes the listener and every connection."""
        self._server.close()
        for link in list(self._links):
            reset(link.client)
            link.database.transport.abort()

    def stop(self) -> None:
        self.refuse()
        for task in list(self._tasks):
            task.cancel()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.network is Network.RESET:
            return reset(writer)
        while self.network is Network.SILENT:
            await self._changed.wait()
        try:
            upstream, database = await asyncio.open_unix_connection(self._target)
        except OSError:
            return reset(writer)
        link = Link(writer, database)
        self._links.add(link)
        for source, sink in ((reader, database), (upstream, writer)):
            self._begin(self._pass(link, source, sink, is_answer=sink is writer))

    def _begin(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _pass(
        self, link: Link, source: asyncio.StreamReader, sink: asyncio.StreamWriter, is_answer: bool
    ) -> None:
        """Passes bytes in one direction until an end closes, then closes the other."""
        try:
            while data := await source.read(65536):
                if is_answer:
                    await asyncio.sleep(SLOWNESS if self.network is Network.SLOW else self.latency)
                await self._passable(link)
                while data and not sink.is_closing():
                    size = len(data)
                    if self.network is Network.TRICKLE:
                        size = TRICKLE_BYTES
                        await asyncio.sleep(TRICKLE_INTERVAL)
                    sink.write(data[:size])
                    data = data[size:]
                    await sink.drain()
        except OSError:
            pass
        # A black hole swallows the end of a connection, too.
        await self._passable(link)
        self._links.discard(link)
        link.client.transport.abort()
        link.database.transport.abort()

    async def _passable(self, link: Link) -> None:
        while link.is_dead or self.network is Network.SILENT:
            await self._changed.wait()


def reset(writer: asyncio.StreamWriter) -> None:
    """Closes a connection with RST."""
    connection = writer.get_extra_info("socket")
    if connection is not None and connection.fileno() >= 0:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


class DeafListener:
    """A port of loopback whose queue is full, so that the kernel answers no further connection."""

    def __init__(self) -> None:
        self._listener = socket.socket()
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen(0)
        self.port = self._listener.getsockname()[1]
        self._fillers = [socket.socket() for _ in range(4)]
        for filler in self._fillers:
            filler.setblocking(False)
            filler.connect_ex(("127.0.0.1", self.port))

    def stop(self) -> None:
        for one in (*self._fillers, self._listener):
            one.close()
