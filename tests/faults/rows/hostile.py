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
# The server closes a connection without a whole head after 5 s.
PATIENCE = 7


async def hostile_requests(scene: Scene, row: Row) -> None:
    cluster = await scene.cluster()
    server = await scene.server(cluster.url)
    for what, shapes in (("bodies", bodies()), ("heads", heads()), ("smuggling", smuggling())):
        answers = await in_groups(server.port, shapes)
        wrong = {name: codes for name, codes in answers.items() if not is_right(name, codes)}
        if what == "smuggling":
            double = {name: codes for name, codes in answers.items() if len(codes) > 1}
            row.expect("smuggling: at most one answer", double or "all", not double)
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


async def in_groups(port: int, shapes: dict[str, bytes]) -> dict[str, list[int]]:
    """The statuses of all answers to each shape; eight shapes are sent at once."""
    turns = asyncio.Semaphore(8)

    async def one(shape: bytes) -> list[int]:
        async with turns:
            return await answered(port, shape)

    statuses = await asyncio.gather(*map(one, shapes.values()))
    return dict(zip(shapes, statuses))


def is_right(name: str, codes: list[int]) -> bool:
    allowed = range(100, 500) if name in TOLERATED else range(400, 500)
    return all(code == CLOSED or code in allowed for code in codes)


async def answered(port: int, shape: bytes) -> list[int]:
    """The statuses of all answers to these bytes: more than one where the server sees several requests."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 24)
    # The server may stop reading before the end, so nothing waits until all is written.
    writer.write(shape)
    received = b""
    try:
        while more := await asyncio.wait_for(reader.read(1 << 20), 0.5 if received else PATIENCE):
            received += more
    except asyncio.TimeoutError:
        if not received:
            return [HUNG]
    except OSError:
        # The server has reset the connection, perhaps after an answer.
        pass
    finally:
        writer.transport.abort()
    codes = [int(part[:3]) for part in received.split(b"HTTP/1.1 ")[1:] if part[:3].isdigit()]
    return codes or [CLOSED]
