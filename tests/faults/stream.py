"""A client of a stream of events, as a browser's `EventSource` reads it."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import Mapping


@dataclass(frozen=True)
class Event:
    """An event with data."""

    name: str
    data: Mapping[str, object]


class Stream:
    """An open stream. `cursor` is the id of the last event, after which another stream goes on."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, cursor: str):
        self._reader = reader
        self._writer = writer
        self._unread = b""
        # The size of the chunk that is being read, if that is known; a cancelled read goes on with it.
        self._size = -1
        self.cursor = cursor
        # Whether the server has ended the stream, and not only the connection.
        self.is_ended = False

    @classmethod
    async def open(cls, port: int, topics: str, after: str, patience: float) -> Stream | None:
        """Opens a stream; None where the server refuses it, does not answer or ends."""
        try:
            return await asyncio.wait_for(cls._open(port, topics, after), patience)
        except (OSError, ValueError, asyncio.IncompleteReadError, asyncio.TimeoutError):
            return None

    @classmethod
    async def _open(cls, port: int, topics: str, after: str) -> Stream | None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 20)
        head = f"GET /api/live?topics={topics}&after={after} HTTP/1.1"
        writer.write(f"{head}\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n".encode())
        try:
            answer = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        except BaseException:
            writer.transport.abort()
            raise
        if answer.split(" ")[1] != "200":
            writer.transport.abort()
            return None
        return cls(reader, writer, after)

    async def next(self, patience: float) -> Event | None:
        """The next event. None where none comes for so long, and at the end of the stream, which then is closed."""
        try:
            return await asyncio.wait_for(self._next(), patience)
        except asyncio.TimeoutError:
            return None
        except (OSError, ValueError, asyncio.IncompleteReadError):
            self.abort()
            return None

    async def ends(self, patience: float) -> bool:
        """Reads every event that comes within so long of the one before; whether the server then has ended the stream."""
        while await self.next(patience):
            pass
        return self.is_ended

    async def _next(self) -> Event:
        while True:
            while b"\n\n" not in self._unread:
                await self._read_chunk()
            block, _, self._unread = self._unread.partition(b"\n\n")
            fields = dict(line.split(":", 1) for line in block.decode().splitlines())
            self.cursor = fields.get("id", self.cursor).strip()
            if "data" in fields:
                return Event(fields["event"].strip(), json.loads(fields["data"]))

    async def _read_chunk(self) -> None:
        if self._size < 0:
            self._size = int(await self._reader.readuntil(b"\r\n"), 16)
        if not self._size:
            self.is_ended = True
            raise asyncio.IncompleteReadError(b"", None)
        self._unread += (await self._reader.readexactly(self._size + 2))[:-2]
        self._size = -1

    @property
    def is_open(self) -> bool:
        return not self._writer.transport.is_closing()

    def abort(self) -> None:
        """Closes the connection at once."""
        self._writer.transport.abort()
