"""The processes of one row: clusters, servers, proxies. All stop at the end of the row, in reverse order, and their
files are removed."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Callable

from comparison.database import ROOT
from comparison.processes import Broken, Server

from .client import Outcome, get
from .cluster import Cluster, run
from .proxy import Proxy
from .table import Row

ADMIN_TOKEN = "the-admin-token-of-the-fault-rows-0123456789"
ADMIN = {"Authorization": f"Bearer {ADMIN_TOKEN}"}
SETTINGS = {
    "RATE_LIMIT": "off",
    "RUST_LOG": "warn",
    "LOG_FORMAT": "json",
    "NO_COLOR": "1",
    "ADMIN_TOKEN": ADMIN_TOKEN,
}
USERS, ACTIVITIES = 1_000, 50_000
DATA = ROOT / "benches/data.sql"
READY_PATIENCE = 60.0


class Template:
    """A stopped cluster with the schema, the demo data and those of the benchmarks, which each row copies."""

    def __init__(self, cruddur: Path):
        self.cruddur = cruddur
        # In /tmp and accessible to other users, because PostgreSQL runs under another account if we are root, and
        # because the path of its socket must be short.
        self.folder = Path(tempfile.mkdtemp(prefix="cruddur-faults.", dir="/tmp"))
        self.folder.chmod(0o711)
        self.cluster = Cluster(self.folder / "template", {"fsync": "off", "max_wal_size": "4GB"})

    async def prepare(self) -> None:
        await asyncio.to_thread(self.cluster.initialise)
        await self.cluster.started(user="postgres")
        for statement in ("create role cruddur login createdb", "create database cruddur owner cruddur"):
            run("psql", "-h", str(self.cluster.socket), "-U", "postgres", "-d", "postgres", "-qc", statement)
        self.command(self.cluster, "db", "migrate")
        await asyncio.to_thread(self.cluster.query, DATA.read_text(), users=USERS, activities=ACTIVITIES)
        self.command(self.cluster, "db", "seed")
        await asyncio.to_thread(self.index_words)
        await asyncio.to_thread(self.cluster.superuser.vacuum_and_checkpoint)
        await asyncio.to_thread(self.cluster.stop)

    def index_words(self) -> None:
        """Lets a server index the activities: a search reads those that are not indexed one by one."""
        settings = {**SETTINGS, "CONNECTION_URL": self.cluster.url}
        server = Server([str(self.cruddur), "serve"], settings, self.folder / "template.server.log", "/readyz")
        try:
            server.wait()
            self.cluster.wait_until_indexed()
        finally:
            server.stop()

    def command(self, cluster: Cluster, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
        """Runs a command of the program, which must succeed."""
        answer = run_command(self.cruddur, cluster, *arguments, **settings)
        if answer.returncode != 0:
            raise Broken(f"cruddur {' '.join(arguments)}: {answer.stderr.strip()}")
        return answer

    def remove(self) -> None:
        self.cluster.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


class Scene:
    """A context manager that stops what it started. At its end it adds the checks that hold in every row."""

    def __init__(self, template: Template, row: Row):
        self.template = template
        self.row = row
        # What `start_server` and `command` run.
        self.program = template.cruddur
        self.servers: list[Server] = []
        self._stops: list[Callable[[], None]] = []

    def __enter__(self) -> Scene:
        self.folder = Path(tempfile.mkdtemp(prefix="row.", dir=self.template.folder))
        self.folder.chmod(0o711)
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        while self._stops:
            try:
                self._stops.pop()()
            except (OSError, Broken, subprocess.SubprocessError) as error:
                print(f"bin/test-faults: cannot clean up: {error}", file=sys.stderr)
        if kind is None:
            panics = [
                server for server in self.servers if server.log and b"panicked" in server.log.read_bytes()
            ]
            if panics:
                self.row.expect("no server panics", panics[0].tail()[-300:], False)
        shutil.rmtree(self.folder, ignore_errors=True)

    def at_end(self, stop: Callable[[], None]) -> None:
        self._stops.append(stop)

    async def cluster(self, name: str = "db", **settings: str) -> Cluster:
        """A running copy of the template."""
        cluster = Cluster(self.folder / name, settings)
        cluster.copy_of(self.template.cluster)
        self.at_end(cluster.stop)
        await cluster.started()
        return cluster

    async def standby(self, name: str, primary: Cluster, **settings: str) -> Cluster:
        cluster = Cluster(self.folder / name, settings)
        await asyncio.to_thread(cluster.standby_of, primary)
        self.at_end(cluster.stop)
        await cluster.started()
        return cluster

    async def proxy(self, cluster: Cluster, latency: float = 0.0) -> Proxy:
        proxy = Proxy(cluster.socket_file, latency)
        await proxy.start()
        self.at_end(proxy.stop)
        return proxy

    async def server(
        self, url: str, port: int | None = None, drained: bool = False, **settings: str
    ) -> Server:
        """A server that is ready."""
        server = self.start_server(url, port, drained, **settings)
        await ready(server)
        return server

    def start_server(
        self, url: str, port: int | None = None, drained: bool = False, **settings: str
    ) -> Server:
        """Starts a server without waiting for it. The log of a drained one goes to a pipe with a reader."""
        log = None if drained else self.folder / f"server-{len(self.servers)}.log"
        command = [str(self.program), "serve"]
        server = Server(command, {**SETTINGS, "CONNECTION_URL": url, **settings}, log, "/readyz", port)
        self.servers.append(server)
        self.at_end(server.stop)
        return server

    def command(self, cluster: Cluster, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
        """Runs a command of the program, which may fail."""
        return run_command(self.program, cluster, *arguments, **settings)


def run_command(
    cruddur: Path, cluster: Cluster, *arguments: str, **settings: str
) -> subprocess.CompletedProcess[str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "PG_BIN_DIR") if name in os.environ}
    return subprocess.run(
        [str(cruddur), *arguments],
        env={**kept, "CONNECTION_URL": cluster.url, **settings},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


async def ready(server: Server, patience: float = READY_PATIENCE) -> float:
    """Waits until the server is ready; returns that moment."""
    return await answers(server, "/readyz", 200, patience)


async def answers(server: Server, path: str, status: int, patience: float, **headers: str) -> float:
    """Waits until the server answers `path` with `status`; returns that moment, infinite if it never does."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        if (await get(server.port, path, headers, patience=2)).status == status:
            return time.monotonic()
        if not server.is_running():
            raise Broken(f"the server ended: {server.tail()}")
        await asyncio.sleep(0.01)
    return float("inf")


async def ended(server: Server, patience: float) -> float:
    """Waits until the process has exited; returns that moment, infinite if it has not."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        if not server.is_running():
            return time.monotonic()
        await asyncio.sleep(0.005)
    return float("inf")


async def admin(server: Server, path: str = "/admin/status", patience: float = 12) -> Outcome:
    """An operator's GET."""
    return await get(server.port, path, ADMIN, patience)
