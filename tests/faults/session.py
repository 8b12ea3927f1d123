"""A session with PostgreSQL over a Unix socket or a port of loopback, for statements without parameters; enough to ask
a node many times a second which role it has."""

from __future__ import annotations

import asyncio
import struct
from pathlib import Path

from comparison.processes import Broken
from .cluster import startup_message

PATIENCE = 1.0


class Session:
    """One session of a user that needs no password, in the database of the user's name or in another one."""

    def __init__(
        self, socket_file: Path | None = None, port: int = 0, user: str = "postgres", database: str = ""
    ):
        self._socket_file = socket_file
        self._port = port
        self._user = user
        self._database = database or user
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def query(self, statement: str, patience: float = PATIENCE) -> list[list[str | None]]:
        """The rows of a statement. The session is opened first where it is not open.

        Raises OSError, IncompleteReadError or TimeoutError without an answer, Broken with an error of PostgreSQL's."""
        try:
            return await asyncio.wait_for(self._query(statement), patience)
        except (OSError, asyncio.IncompleteReadError, asyncio.TimeoutError):
            self.close()
            raise

    def close(self) -> None:
        if self._writer:
            self._writer.transport.abort()
            self._writer = None

    async def _query(self, statement: str) -> list[list[str | None]]:
        if self._writer is None:
            if self._socket_file:
                opening = asyncio.open_unix_connection(self._socket_file)
            else:
                opening = asyncio.open_connection("127.0.0.1", self._port)
            self._reader, self._writer = await opening
            self._writer.write(startup_message(self._user, self._database))
            await self._rows()
        text = statement.encode() + b"\0"
        self._writer.write(b"Q" + struct.pack("!i", 4 + len(text)) + text)
        return await self._rows()

    async def _rows(self) -> list[list[str | None]]:
        """Reads PostgreSQL's messages up to ReadyForQuery (Z)."""
        rows: list[list[str | None]] = []
        error = ""
        while True:
            kind, length = struct.unpack("!ci", await self._reader.readexactly(5))
            body = await self._reader.readexactly(length - 4)
            if kind == b"D":
                rows.append(columns(body))
            elif kind == b"E":
                fields = {part[:1]: part[1:].decode() for part in body.split(b"\0") if part}
                error = f"{fields.get(b'C', '')} {fields.get(b'M', '')}"
                if fields.get(b"V") == "FATAL":
                    raise ConnectionError(error)
            elif kind == b"Z":
                if error:
                    raise Broken(error)
                return rows


def columns(body: bytes) -> list[str | None]:
    """The texts of a DataRow message; None is null."""
    (count,) = struct.unpack_from("!h", body)
    at, values = 2, []
    for _ in range(count):
        (length,) = struct.unpack_from("!i", body, at)
        at += 4
        values.append(None if length < 0 else body[at : at + length].decode())
        at += max(length, 0)
    return values
