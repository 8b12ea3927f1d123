"""PgBouncer in front of a cluster. The program is that of `PGBOUNCER`, else an installed one."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import time
from pathlib import Path

from comparison.processes import Broken

from .cluster import Cluster, account, own

PATIENCE = 10.0
KEEPS_STATEMENTS = (1, 21)


class PgBouncer:
    """Refuses start-up options, as it does without further settings."""

    def __init__(self, program: Path, folder: Path, cluster: Cluster, mode: str, size: int):
        self._program = program
        self._folder = folder
        self._settings = {
            "listen_addr": "127.0.0.1",
            "unix_socket_dir": "",
            "auth_type": "trust",
            "auth_file": str(folder / "users.txt"),
            "pool_mode": mode,
            "default_pool_size": str(size),
            "max_client_conn": "1000",
        }
        if version(program) >= KEEPS_STATEMENTS:
            self._settings["max_prepared_statements"] = "500"
        self._cluster = cluster
        self._process: subprocess.Popen[bytes] | None = None
        self.port = free_port()
        self.url = f"postgresql://cruddur@127.0.0.1:{self.port}/cruddur"

    def start(self) -> None:
        self._folder.mkdir()
        (self._folder / "users.txt").write_text('"cruddur" ""\n')
        settings = [f"{name} = {value}" for name, value in self._settings.items()]
        lines = ["[databases]", f"* = host={self._cluster.socket}", "[pgbouncer]", *settings]
        configuration = self._folder / "pgbouncer.ini"
        configuration.write_text("\n".join([*lines, f"listen_port = {self.port}", ""]))
        own(self._folder)
        self._folder.chmod(0o755)
        self._process = subprocess.Popen(
            [str(self._program), "--quiet", str(configuration)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=(self._folder / "log").open("wb"),
            **account(),
        )
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                if time.monotonic() > deadline:
                    raise Broken(f"PgBouncer does not listen: {(self._folder / 'log').read_text()[-300:]}")
                time.sleep(0.02)

    def stop(self) -> None:
        if self._process:
            self._process.kill()
            self._process.wait()


def find() -> Path | None:
    found = os.environ.get("PGBOUNCER") or shutil.which("pgbouncer") or shutil.which("/usr/sbin/pgbouncer")
    return Path(found) if found else None


def version(program: Path) -> tuple[int, int]:
    answer = subprocess.run([str(program), "--version"], capture_output=True, text=True, check=True)
    major, minor = re.search(r"PgBouncer (\d+)\.(\d+)", answer.stdout).groups()
    return int(major), int(minor)


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]
