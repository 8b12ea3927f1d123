"""Requests that are too large, malformed, or ambiguous."""

from __future__ import annotations

import asyncio

from ..client import Connection
from ..load import HOME
from ..scene import Scene
from ..shapes import TOLERATED, bodies, heads, smuggling
from ..table import Row

CLOSED = 0
HUNG = -1


async def hostile_requests(scene: Scene, row: Row) -> None:
    cluster = await scene.cluster()
    server = await scene.server(cluster.url)
    for what, shapes in (("bodies", bodies()), ("heads", heads()), ("smuggling", smuggling())):
        statuses = {name: await answered(server.port, shape) for name, shape in shapes.items()}
        wrong = {name: codes for name, codes in statuses.items() if not is_right(name, codes)}
        row.expect(
            f"{len(shapes)} {what}: 4xx or the connection is closed, never 5xx",
            ", ".join(f"{name}: {codes}" for name, codes in wrong.items()) or "all",
            not wrong,
        )
    connection = Connection(server.port)
    good = await connection.send(HOME)
    connection.abort()
    row.expect("a good request is answered afterwards", good.name, good.is_success)
    row.expect("the server is not restarted", "the same process", server.is_running())


def is_right(name: str, codes: list[int]) -> bool:
    allowed = range(100, 500) if name in TOLERATED else range(400, 500)
    return all(code == CLOSED or code in allowed for code in codes)


async def answered(port: int, shape: bytes) -> list[int]:
    """The statuses of all answers to these bytes: more than one where the server sees several requests."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 24)
    received = b""
    try:
        writer.write(shape)
        # The server may stop reading before the end.
        received = await asyncio.wait_for(all_of(reader, writer), 8)
    except asyncio.TimeoutError:
        return [HUNG]
    finally:
        writer.transport.abort()
    codes = [int(part[:3]) for part in received.split(b"HTTP/1.1 ")[1:] if part[:3].isdigit()]
    return codes or [CLOSED]


async def all_of(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
    """What the server sends until it closes the connection, or for half a second after its first bytes."""
    try:
        received = await reader.read(1 << 20)
        while more := await asyncio.wait_for(reader.read(1 << 20), 0.5):
            received += more
    except asyncio.TimeoutError:
        pass
    except OSError:
        return locals().get("received", b"")
    return received
