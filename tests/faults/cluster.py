"""A PostgreSQL cluster in a folder of its own, reached over its Unix socket only, which can be killed, frozen and
promoted."""

from __future__ import annotations

import asyncio
import os
import pwd
import shutil
import signal
import struct
import subprocess
import time
from pathlib import Path

from comparison.database import Database, program
from comparison.processes import Broken

# PostgreSQL refuses to run as root; for root it runs as this user.
ACCOUNT = "postgres"
ACCEPT_PATIENCE = 30.0


class Cluster(Database):
    """A cluster with the database `cruddur`, whose owner `cruddur` is no superuser, as with hosted databases."""

    def __init__(self, data_dir: Path, settings: dict[str, str] | None = None):
        super().__init__(data_dir)
        self.data_dir = data_dir
        self.superuser = Database(data_dir, user="postgres")
        self.socket_file = self.socket / ".s.PGSQL.5432"
        self.log = data_dir.with_suffix(".log")
        self._settings = {
            "listen_addresses": "",
            "port": "5432",
            "unix_socket_directories": str(self.socket),
            **(settings or {}),
        }
        self._process: subprocess.Popen[bytes] | None = None

    def initialise(self) -> None:
        """Makes the folder an empty cluster."""
        self.data_dir.mkdir()
        own(self.data_dir)
        run(
            "initdb",
            "-D",
            str(self.data_dir),
            "-U",
            "postgres",
            "--auth=trust",
            "--encoding=UTF8",
            "--no-locale",
            "--no-sync",
        )
        self.socket.mkdir()
        own(self.socket)

    def copy_of(self, other: Cluster) -> None:
        """Makes the folder a copy of a stopped cluster, which keeps its owner."""
        subprocess.run(["cp", "-a", f"{other.data_dir}/.", str(self.data_dir)], check=True)

    def standby_of(self, primary: Cluster) -> None:
        """Makes the folder a streaming standby of a running cluster."""
        self.data_dir.mkdir()
        own(self.data_dir)
        run(
            "pg_basebackup",
            "-D",
            str(self.data_dir),
            "-h",
            str(primary.socket),
            "-U",
            "postgres",
            "-R",
            "-X",
            "stream",
            "-c",
            "fast",
            "--no-sync",
        )
        # The backup has the primary's lock file.
        shutil.rmtree(self.socket)
        self.socket.mkdir()
        own(self.socket)

    def start(self) -> None:
        """Starts PostgreSQL without waiting until it accepts connections."""
        settings = [part for name, value in self._settings.items() for part in ("-c", f"{name}={value}")]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [program("postgres"), "-D", str(self.data_dir), *settings],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.data_dir,
                start_new_session=True,
                **account(),
            )

    async def started(self, user: str = "cruddur") -> float:
        """Starts PostgreSQL; returns the moment from which it accepts connections."""
        self.start()
        return await self.accepting(user)

    async def accepting(self, user: str = "cruddur") -> float:
        """Waits until PostgreSQL admits a session, and returns that moment. PostgreSQL is started again where it has
        exited, as a service manager would do."""
        deadline = time.monotonic() + ACCEPT_PATIENCE
        while time.monotonic() < deadline:
            if await self.admits(user):
                return time.monotonic()
            if self._process.poll() is not None:
                self.start()
            await asyncio.sleep(0.01)
        raise Broken(f"PostgreSQL does not accept connections: {self.log.read_text()[-300:]}")

    async def admits(self, user: str = "cruddur") -> bool:
        """Whether PostgreSQL admits a session of `user`, in the database of that name, now."""
        try:
            reader, writer = await asyncio.wait_for(asyncio.open_unix_connection(self.socket_file), 1)
            try:
                writer.write(startup_message(user))
                return await asyncio.wait_for(is_ready_for_query(reader), 1)
            finally:
                writer.transport.abort()
        except (OSError, asyncio.TimeoutError, asyncio.IncompleteReadError):
            return False

    def kill(self) -> None:
        """SIGKILL to PostgreSQL and all its processes."""
        self.freeze()
        for pid in self._pids():
            signal_if_alive(pid, signal.SIGKILL)
        self._process.wait()

    def freeze(self) -> None:
        """SIGSTOP: connections stay open and are accepted, but nothing answers."""
        # PostgreSQL first, so that it starts no further process.
        for pid in self._pids():
            signal_if_alive(pid, signal.SIGSTOP)
        for pid in self._pids():
            signal_if_alive(pid, signal.SIGSTOP)

    def stop(self) -> None:
        if self._process is None or self._process.poll() is not None:
            return
        for pid in self._pids():
            signal_if_alive(pid, signal.SIGCONT)
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self.kill()

    def set(self, name: str, value: str) -> None:
        """Changes a setting of the running cluster."""
        self.superuser.query(f"alter system set {name} = '{value}'")
        self.superuser.query("select pg_reload_conf()")

    def _pids(self) -> list[int]:
        """PostgreSQL's own process, then those that it started."""
        if self._process is None or self._process.poll() is not None:
            return []
        listed = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=True)
        pairs = [line.split() for line in listed.stdout.splitlines()]
        return [self._process.pid] + [int(pid) for pid, parent in pairs if int(parent) == self._process.pid]


def startup_message(user: str, database: str = "") -> bytes:
    """The first message of a session, in version 3.0 of the protocol; the database has the user's name by default."""
    parameters = b"\0".join((b"user", user.encode(), b"database", (database or user).encode(), b"", b""))
    return struct.pack("!ii", 8 + len(parameters), 3 << 16) + parameters


async def is_ready_for_query(reader: asyncio.StreamReader) -> bool:
    """Reads PostgreSQL's messages up to ReadyForQuery (Z), or to an error (E)."""
    while True:
        kind, length = struct.unpack("!ci", await reader.readexactly(5))
        await reader.readexactly(length - 4)
        if kind in (b"Z", b"E"):
            return kind == b"Z"


def signal_if_alive(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


def account() -> dict[str, object]:
    """The arguments of Popen with which PostgreSQL's programs do not run as root."""
    if os.getuid() != 0:
        return {}
    return {"user": ACCOUNT, "group": pwd.getpwnam(ACCOUNT).pw_gid, "extra_groups": []}


def own(folder: Path) -> None:
    """Gives a folder to the account that PostgreSQL runs as."""
    folder.chmod(0o700)
    if os.getuid() == 0:
        entry = pwd.getpwnam(ACCOUNT)
        os.chown(folder, entry.pw_uid, entry.pw_gid)


def run(name: str, *arguments: str) -> None:
    """Runs one of PostgreSQL's programs to its end."""
    answer = subprocess.run(
        [program(name), *arguments], capture_output=True, text=True, check=False, cwd="/", **account()
    )
    if answer.returncode != 0:
        raise Broken(f"{name}: {answer.stderr.strip()}")


def other_session(cluster: Cluster, statements: str) -> subprocess.Popen[bytes]:
    """A session of another program, which runs these statements."""
    return subprocess.Popen(
        [program("psql"), "-h", str(cluster.socket), "-U", "cruddur", "-d", "cruddur", "-qc", statements],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
