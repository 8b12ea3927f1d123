"""Three PostgreSQL nodes under Patroni, with one etcd, on loopback: `infra/cluster/patroni.yml` with short times, so
that a dead leader is noticed within seconds."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import time
from pathlib import Path

from comparison.database import ROOT, program
from comparison.processes import Broken, free_port
from faults.client import Connection, Outcome, Request, get
from faults.cluster import own, signal_if_alive
from faults.session import Session

from .processes import Process, installed

EXAMPLE = ROOT / "infra/cluster"
PASSWORD = "open-sesame"
NODES = 3
# Seconds after which a leader that does not renew its key is replaced, and between two looks of a Patroni. Patroni 4
# raises a ttl below 20 s to 20 s.
TTL, LOOP_WAIT, RETRY_TIMEOUT = 5, 1, 2
HEALTHY_PATIENCE = 60.0
ROLE_INTERVAL = 0.01
# Bytes of the write-ahead log that a standby is behind under load, by what Patroni has published last.
MOST_LAG = 4 << 20


class Node:
    """One PostgreSQL with its Patroni."""

    def __init__(self, number: int, folder: Path, etcd_port: int, override: dict[str, object]):
        self.name = f"node{number}"
        self.port, self.rest_port = free_port(), free_port()
        self.socket = folder / f"{self.name}.socket"
        # In the folder of Patroni's account, which creates it.
        self.data_dir = folder / self.name / "data"
        config = folder / f"{self.name}.config"
        config.mkdir()
        self.socket.mkdir()
        own(self.socket)
        (config / "1-example.yml").write_text((EXAMPLE / "patroni.yml").read_text())
        # Every JSON document is YAML, too.
        (config / "2-test.yml").write_text(json.dumps(override | self._addresses()))
        config.chmod(0o755)
        self.patroni = Process(
            folder / self.name,
            [installed("patroni"), str(config)],
            {
                "PATRONI_NAME": self.name,
                "PATRONI_ETCD3_HOSTS": f"127.0.0.1:{etcd_port}",
                "PATRONI_RESTAPI_CONNECT_ADDRESS": f"127.0.0.1:{self.rest_port}",
                "PATRONI_POSTGRESQL_CONNECT_ADDRESS": f"127.0.0.1:{self.port}",
                "PATRONI_SUPERUSER_PASSWORD": PASSWORD,
                "PATRONI_REPLICATION_PASSWORD": PASSWORD,
                "CRUDDUR_PASSWORD": PASSWORD,
                "PATH": f"{Path(program('postgres')).parent}:{os.environ['PATH']}",
            },
        )

    def _addresses(self) -> dict[str, object]:
        return {
            "restapi": {"listen": f"127.0.0.1:{self.rest_port}"},
            "postgresql": {
                "listen": f"127.0.0.1:{self.port}",
                "data_dir": str(self.data_dir),
                "bin_dir": str(Path(program("postgres")).parent),
                "pgpass": str(self.socket / "pgpass"),
                "parameters": {"unix_socket_directories": str(self.socket)},
                "pg_hba": [
                    "local all all trust",
                    # A debug build computes 40 ms for each sign-in with SCRAM, and after a failover hundreds at once.
                    "host all cruddur 127.0.0.1/32 trust",
                    "host replication replicator 127.0.0.1/32 scram-sha-256",
                    "host all all 127.0.0.1/32 scram-sha-256",
                ],
            },
        }

    def session(self, user: str = "postgres") -> Session:
        """A session in the database of the user's name."""
        return Session(self.socket / f".s.PGSQL.{self.port}", user=user)

    def kill(self) -> None:
        """SIGKILL to Patroni and PostgreSQL with all its processes, as if the machine had lost its power."""
        pids = self.freeze()
        for pid in pids:
            signal_if_alive(pid, signal.SIGKILL)
        self.patroni.kill()

    def freeze(self) -> list[int]:
        """SIGSTOP: connections stay open and are accepted, but nothing answers."""
        for pid in self._pids():
            signal_if_alive(pid, signal.SIGSTOP)
        # PostgreSQL itself has stopped, so there are no further processes by now.
        pids = self._pids()
        for pid in pids:
            signal_if_alive(pid, signal.SIGSTOP)
        return pids

    def thaw(self) -> None:
        """SIGCONT to PostgreSQL, which believes that it leads until a new Patroni says otherwise. A Patroni that was
        frozen in a request to etcd sends it to the end, takes the key of the new leader and leads again on the old
        timeline (seen with 3.0.2). On real machines a watchdog prevents that."""
        self.patroni.kill()
        self._continue()
        self.patroni.start()

    def _continue(self) -> None:
        for pid in self._pids():
            signal_if_alive(pid, signal.SIGCONT)

    def stop(self) -> None:
        """Ends Patroni, which stops its PostgreSQL; then what is left of that."""
        self._continue()
        self.patroni.stop()
        for pid in self._pids():
            signal_if_alive(pid, signal.SIGKILL)

    def _pids(self) -> list[int]:
        """Patroni, PostgreSQL and the processes that it started. Patroni's PostgreSQL is no child of Patroni's."""
        pids = self.patroni.pids()
        try:
            postmaster = int((self.data_dir / "postmaster.pid").read_text().split("\n", 1)[0])
        except (OSError, ValueError):
            return pids
        # The file may be that of a PostgreSQL which was killed, and another process may have its number.
        if str(self.data_dir).encode() not in command_line(postmaster):
            return pids
        return pids + [postmaster] + children(postmaster)


class Patroni:
    """The nodes and their etcd."""

    def __init__(self, folder: Path, dcs: dict[str, object] | None = None):
        self.folder = folder
        ports = [free_port(), free_port()]
        client, peer = (f"http://127.0.0.1:{port}" for port in ports)
        self.etcd = Process(
            folder / "etcd",
            [
                installed("etcd"),
                f"--data-dir={folder / 'etcd'}",
                f"--listen-client-urls={client}",
                f"--advertise-client-urls={client}",
                f"--listen-peer-urls={peer}",
                f"--initial-advertise-peer-urls={peer}",
                f"--initial-cluster=default={peer}",
                "--log-level=warn",
            ],
        )
        times = {"ttl": TTL, "loop_wait": LOOP_WAIT, "retry_timeout": RETRY_TIMEOUT}
        override = {
            "bootstrap": {
                "dcs": {**times, **(dcs or {})},
                "post_bootstrap": str(folder / "create-database"),
            }
        }
        create = folder / "create-database"
        create.write_text((EXAMPLE / "create-database").read_text())
        create.chmod(0o755)
        self.nodes = [Node(number, folder, ports[0], override) for number in range(1, NODES + 1)]

    async def start(self) -> None:
        self.etcd.start()
        for node in self.nodes:
            node.patroni.start()
        await self.healthy()

    def stop(self) -> None:
        # The standbys first, so that none of them is promoted meanwhile.
        for node in self.nodes:
            node.patroni.signal(signal.SIGTERM)
        for node in self.nodes:
            node.stop()
        self.etcd.stop()

    @property
    def url(self) -> str:
        """The URL with all hosts."""
        hosts = ",".join(f"127.0.0.1:{node.port}" for node in self.nodes)
        return f"postgresql://cruddur:{PASSWORD}@{hosts}/cruddur"

    async def healthy(self, patience: float = HEALTHY_PATIENCE) -> Node:
        """Waits until there are a leader, a synchronous standby and another standby that stream; returns the leader."""
        deadline = time.monotonic() + patience
        members: list[dict[str, object]] = []
        while time.monotonic() < deadline:
            members = await self._members()
            roles = sorted(str(member["role"]) for member in members if is_current(member, members))
            if roles == ["leader", "replica", "sync_standby"]:
                leader = next(member for member in members if member["role"] == "leader")
                return self._node(str(leader["name"]))
            await asyncio.sleep(0.1)
        facts = ("name", "role", "state", "timeline", "lag")
        shown = [" ".join(str(member.get(fact, "")) for fact in facts) for member in members]
        raise Broken(f"the cluster is not healthy: {', '.join(shown)} {self.nodes[0].patroni.tail()[-300:]}")

    async def switch_over(self, leader: Node) -> None:
        """Asks Patroni to make another node the leader."""
        body = json.dumps({"leader": leader.name}).encode()
        answer = await Connection(leader.rest_port).send(Request("switchover", "POST", "/switchover", body))
        if not answer.is_success:
            raise Broken(f"no switchover: {answer.name} {answer.body.decode()}")

    async def promoted(self, old: Node, patience: float = HEALTHY_PATIENCE) -> tuple[Node, float]:
        """Waits until another node than `old` is no standby any more; returns it and that moment."""
        watches = [asyncio.create_task(is_primary(node)) for node in self.nodes if node is not old]
        try:
            finished, _ = await asyncio.wait(watches, timeout=patience, return_when=asyncio.FIRST_COMPLETED)
            if not finished:
                raise Broken("Patroni promotes no standby")
            return finished.pop().result()
        finally:
            for watch in watches:
                watch.cancel()

    async def query(self, statement: str) -> list[list[str | None]]:
        """The rows of a statement on the leader."""
        session = (await self.healthy()).session("cruddur")
        try:
            return await session.query(statement, 30)
        finally:
            session.close()

    async def _members(self) -> list[dict[str, object]]:
        for node in self.nodes:
            answer: Outcome = await get(node.rest_port, "/cluster", patience=1)
            if answer.is_success:
                return json.loads(answer.body)["members"]
        return []

    def _node(self, name: str) -> Node:
        return next(node for node in self.nodes if node.name == name)


def is_current(member: dict[str, object], members: list[dict[str, object]]) -> bool:
    """Whether a node runs, on the timeline of the leader and near its end."""
    timelines = {other.get("timeline") for other in members if other["role"] == "leader"}
    return (
        member["state"] in ("running", "streaming")
        and member.get("timeline") in timelines
        and member.get("lag", 0) in range(MOST_LAG)
    )


async def is_primary(node: Node) -> tuple[Node, float]:
    """Waits until a node is no standby any more; returns it and that moment."""
    session = node.session()
    try:
        while True:
            try:
                if await session.query("select pg_is_in_recovery()") == [["f"]]:
                    return node, time.monotonic()
            except (OSError, asyncio.IncompleteReadError, asyncio.TimeoutError, Broken):
                pass
            await asyncio.sleep(ROLE_INTERVAL)
    finally:
        session.close()


def command_line(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def children(pid: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []
