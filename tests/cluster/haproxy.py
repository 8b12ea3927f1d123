"""HAProxy in front of the database's leader and of the servers."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from comparison.processes import Broken, free_port

from .patroni import EXAMPLE, PASSWORD, Node
from .processes import Process, installed

OPEN_PATIENCE = 10.0


class Haproxy(Process):
    """HAProxy with the configuration of `infra/cluster`: `database_port` leads to the leader, `port` to the servers."""

    def __init__(self, folder: Path, nodes: list[Node], servers: list[int]):
        self.database_port, self.port = free_port(), free_port()
        settings = {
            "DATABASE_BIND": f"127.0.0.1:{self.database_port}",
            "SERVERS_BIND": f"127.0.0.1:{self.port}",
        }
        for number, node in enumerate(nodes, 1):
            settings[f"NODE{number}"] = f"127.0.0.1:{node.port}"
            settings[f"NODE{number}_REST_PORT"] = str(node.rest_port)
        for number, port in enumerate(servers, 1):
            settings[f"SERVER{number}"] = f"127.0.0.1:{port}"
        command = [installed("haproxy"), "-db", "-f", str(EXAMPLE / "haproxy.cfg")]
        super().__init__(folder, command, settings)

    def database_url(self) -> str:
        return f"postgresql://cruddur:{PASSWORD}@127.0.0.1:{self.database_port}/cruddur"


async def listens(process: Process, port: int) -> None:
    """Starts a process, and waits until it accepts connections."""
    process.start()
    deadline = time.monotonic() + OPEN_PATIENCE
    while time.monotonic() < deadline:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.transport.abort()
            return
        except OSError:
            await asyncio.sleep(0.05)
        if not process.is_running():
            break
    raise Broken(f"{process.folder.name} does not listen: {process.tail()}")
