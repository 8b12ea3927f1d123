"""What stands between servers and database: HAProxy before the leader (and before the servers), HAProxy that takes any
node, and PgBouncer in transaction mode."""

from __future__ import annotations

import asyncio
import re
import subprocess
import time
from pathlib import Path

from comparison.processes import Broken, free_port
from faults.cluster import Cluster

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


class Pooler(Process):
    """PgBouncer in transaction mode before a cluster. It refuses start-up `options`, as it does without further
    settings. `size` is how many sessions it opens for each database."""

    def __init__(self, folder: Path, program: str, cluster: Cluster, size: int):
        self.port = free_port()
        self.name, self.version = version_of(program)
        configuration = folder.with_suffix(".ini")
        super().__init__(folder, [program, str(configuration)])
        users = folder / "users.txt"
        users.write_text('"cruddur" ""\n"postgres" ""\n')
        users.chmod(0o644)
        configuration.write_text(
            "\n".join(
                (
                    "[databases]",
                    f"* = host={cluster.socket} port=5432",
                    "[pgbouncer]",
                    "listen_addr = 127.0.0.1",
                    f"listen_port = {self.port}",
                    "unix_socket_dir =",
                    "auth_type = trust",
                    f"auth_file = {users}",
                    "pool_mode = transaction",
                    f"default_pool_size = {size}",
                    "max_client_conn = 2000",
                    *(["max_prepared_statements = 200"] if self.version >= (1, 21) else []),
                )
            )
        )
        configuration.chmod(0o644)

    def url(self, database: str = "cruddur") -> str:
        return f"postgresql://cruddur@127.0.0.1:{self.port}/{database}"


def version_of(program: str) -> tuple[str, tuple[int, ...]]:
    """Such as `PgBouncer 1.24.1` and (1, 24)."""
    answer = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)
    name = answer.stdout.splitlines()[0]
    return name, tuple(int(number) for number in re.findall(r"\d+", name)[:2])


class Alternating(Process):
    """HAProxy that connects to each of two clusters by turns, whatever their role is."""

    def __init__(self, folder: Path, clusters: list[Cluster]):
        self.port = free_port()
        configuration = folder.with_suffix(".cfg")
        super().__init__(folder, [installed("haproxy"), "-db", "-f", str(configuration)])
        lines = ["defaults", "    mode tcp", "    timeout connect 1s", "    timeout client 1h"]
        lines += ["    timeout server 1h", "listen database", f"    bind 127.0.0.1:{self.port}"]
        lines += ["    balance roundrobin"]
        lines += [f"    server {at} unix@{one.socket_file}" for at, one in enumerate(clusters)]
        configuration.write_text("\n".join(lines) + "\n")
        configuration.chmod(0o644)

    def url(self) -> str:
        return f"postgresql://cruddur@127.0.0.1:{self.port}/cruddur"
