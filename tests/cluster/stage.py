"""What most rows need: three nodes under Patroni, HAProxy, and servers that reach the leader in one of two ways."""

from __future__ import annotations

from dataclasses import dataclass, field

from comparison.processes import Broken, Server, free_port
from faults.scene import Scene, ready

from .haproxy import Haproxy, listens
from .patroni import Patroni

SERVERS = 3
# How the servers reach the leader.
BEHIND_HAPROXY, HOSTS_IN_URL = "behind HAProxy", "three hosts in the URL"
# Requests that pass HAProxy act as this user of the demo data without a token.
DEVELOPER = "andrewbrown"


@dataclass
class Stage:
    """The servers behind HAProxy's address for clients are those of `BEHIND_HAPROXY`."""

    patroni: Patroni
    haproxy: Haproxy
    servers: dict[str, list[Server]] = field(default_factory=dict)


async def set_up(scene: Scene, ways: tuple[str, ...], dcs: dict[str, object] | None = None) -> Stage:
    """Starts everything, with three servers for each way, and waits until they are ready."""
    patroni = Patroni(scene.folder, dcs)
    scene.at_end(patroni.stop)
    await patroni.start()
    for command in ("migrate", "seed"):
        answer = scene.command(patroni, "db", command)
        if answer.returncode != 0:
            raise Broken(f"cruddur db {command}: {answer.stderr.strip()}")
    ports = [free_port() for _ in range(SERVERS)]
    haproxy = Haproxy(scene.folder / "haproxy", patroni.nodes, ports)
    scene.at_end(haproxy.stop)
    await listens(haproxy, haproxy.database_port)
    stage = Stage(patroni, haproxy)
    urls = {BEHIND_HAPROXY: haproxy.database_url(), HOSTS_IN_URL: patroni.url}
    for way in ways:
        numbered = ports if way == BEHIND_HAPROXY else [None] * SERVERS
        stage.servers[way] = [
            scene.start_server(urls[way], port, DEV_USER_HANDLE=DEVELOPER) for port in numbered
        ]
    for servers in stage.servers.values():
        for server in servers:
            await ready(server)
    return stage
