"""A small HTTP/1.1 client: one keep-alive connection, and an outcome for each request whatever happens to it."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field

# Outcomes that are no HTTP status.
CUT = 0  # the server closed the connection before the answer was complete
REFUSED = -1  # no connection could be opened
HUNG = -2  # no answer within the client's patience

PATIENCE = 12.0
NAMES = {CUT: "cut", REFUSED: "refused", HUNG: "hung"}


@dataclass(frozen=True)
class Request:
    """A request; `kind` is the label under which its outcomes are counted."""

    kind: str
    method: str
    path: str
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)

    def encoded(self) -> bytes:
        lines = [f"{self.method} {self.path} HTTP/1.1", "Host: localhost"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        if self.body or self.method in ("POST", "PUT"):
            lines += ["Content-Type: application/json", f"Content-Length: {len(self.body)}"]
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + self.body


@dataclass(frozen=True)
class Outcome:
    """What became of a request. `started` and `ended` are times of the monotonic clock."""

    kind: str
    status: int
    started: float
    ended: float
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def seconds(self) -> float:
        return self.ended - self.started

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300

    @property
    def name(self) -> str:
        return NAMES.get(self.status, str(self.status))


class Connection:
    """A keep-alive connection to a server on loopback, opened at the first request and again after a failure."""

    def __init__(self, port: int, patience: float = PATIENCE):
        self.port = port
        self.patience = patience
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def send(self, request: Request) -> Outcome:
        started = time.monotonic()
        hung = asyncio.get_running_loop().call_later(self.patience, self.abort)
        headers: dict[str, str] = {}
        body = b""
        try:
            if not await self.open():
                status = REFUSED
            else:
                self._writer.write(request.encoded())
                status, headers, body = await self._answer(request.method)
                if headers.get("connection", "").lower() == "close":
                    self.abort()
        except (OSError, ValueError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            status = CUT
            self.abort()
        finally:
            hung.cancel()
        ended = time.monotonic()
        if status in (CUT, REFUSED) and ended - started >= self.patience - 0.01:
            status = HUNG
        return Outcome(request.kind, status, started, ended, headers, body)

    async def open(self) -> bool:
        """Connects where there is no connection, or the server has closed it while it was idle."""
        if self._writer and not self._reader.at_eof() and not self._writer.is_closing():
            return True
        self.abort()
        try:
            connecting = asyncio.open_connection("127.0.0.1", self.port, limit=1 << 20)
            self._reader, self._writer = await asyncio.wait_for(connecting, self.patience)
        except (OSError, asyncio.TimeoutError):
            return False
        return True

    async def _answer(self, method: str) -> tuple[int, dict[str, str], bytes]:
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        status = int(head[0].split(" ")[1])
        headers = {}
        for line in head[1:-2]:
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        if method == "HEAD" or status in (204, 304):
            return status, headers, b""
        if headers.get("transfer-encoding", "").lower() == "chunked":
            return status, headers, await self._chunks()
        if "content-length" in headers:
            return status, headers, await self._reader.readexactly(int(headers["content-length"]))
        return status, headers, await self._reader.read()

    async def _chunks(self) -> bytes:
        body = b""
        while size := int(await self._reader.readuntil(b"\r\n"), 16):
            body += (await self._reader.readexactly(size + 2))[:-2]
        await self._reader.readuntil(b"\r\n")
        return body

    def abort(self) -> None:
        """Closes the connection at once, even while a request waits for its answer."""
        if self._writer:
            self._writer.transport.abort()
            self._writer = None


async def get(
    port: int, path: str, headers: dict[str, str] | None = None, patience: float = PATIENCE
) -> Outcome:
    """One GET on a connection of its own."""
    connection = Connection(port, patience)
    try:
        return await connection.send(Request(path, "GET", path, headers=headers or {}))
    finally:
        connection.abort()
