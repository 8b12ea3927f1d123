"""Clients write, delete and read on all servers while the leader changes; the history checks each read."""

from __future__ import annotations

import asyncio
import itertools
import json
import random
from collections import Counter
from typing import Awaitable, Callable

from faults.client import Connection, Outcome, Request
from faults.load import PAUSE_AFTER_FAILURE, end
from faults.scene import Scene
from faults.table import Row

from ..history import HOME, Activity, History, Stale, by
from ..patroni import Node, Patroni
from ..stage import BEHIND_HAPROXY, HOSTS_IN_URL, set_up

WORKERS = 12
PAGE_LIMIT = 30
SECONDS_BETWEEN = 4.0
STORED = "select uuid from activities"
# The replies of the demo data, which no client of this row sends.
DEMO_REPLIES = "select reply_to_activity_uuid from activities where reply_to_activity_uuid is not null"


async def checked(scene: Scene, row: Row, times: int) -> None:
    stage = await set_up(scene, (BEHIND_HAPROXY, HOSTS_IN_URL))
    ports = [server.port for servers in stage.servers.values() for server in servers]
    changes = itertools.cycle((kill, freeze, switch_over))
    workers = Workers(ports)
    for (parent,) in await stage.patroni.query(DEMO_REPLIES):
        workers.history.send_reply(str(parent))
    async with workers:
        for change in itertools.islice(changes, times):
            await asyncio.sleep(SECONDS_BETWEEN)
            await change(stage.patroni)
            await stage.patroni.healthy()
        await asyncio.sleep(SECONDS_BETWEEN)
    stored = {str(line[0]) for line in await stage.patroni.query(STORED)}
    history = workers.history
    row.expect(
        "every read shows every write acknowledged before it",
        f"{len(workers.stale)} stale of {workers.reads:,} reads {workers.stale[:2] or ''}",
        workers.reads and not workers.stale,
    )
    lost = history.existing() - stored
    row.expect(
        "every acknowledged activity is stored",
        f"{len(lost)} lost of {workers.writes['post'] + workers.writes['reply']:,}",
        history.existing() and not lost,
    )
    back = history.gone() & stored
    row.expect(
        "no deleted activity is back", f"{len(back)} of {workers.writes['delete']:,}", not back and history.gone()
    )
    row.expect(
        "no refusal but 503",
        workers.answers_shown(),
        set(workers.answers) <= {"200", "503", "404", "cut", "hung"},
    )


async def kill(patroni: Patroni) -> None:
    leader = await patroni.healthy()
    leader.kill()
    await patroni.promoted(leader)
    leader.patroni.start()


async def freeze(patroni: Patroni) -> None:
    """The frozen leader goes on while the clients read from the new one."""
    leader: Node = await patroni.healthy()
    leader.freeze()
    await patroni.promoted(leader)
    await asyncio.sleep(SECONDS_BETWEEN)
    leader.thaw()


async def switch_over(patroni: Patroni) -> None:
    await patroni.switch_over(await patroni.healthy())


class Workers:
    """Clients, each of which writes on one server and then reads what it wrote on another."""

    def __init__(self, ports: list[int]):
        self._ports = ports
        self._newest: dict[str, Activity] = {}
        self._numbers = itertools.count()
        self._stopping = False
        self._tasks: list[asyncio.Task] = []
        self.history = History()
        self.stale: list[str] = []
        self.reads = 0
        self.writes: Counter[str] = Counter()
        self.answers: Counter[str] = Counter()

    async def __aenter__(self) -> Workers:
        self._tasks = [asyncio.create_task(self._run()) for _ in range(WORKERS)]
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._stopping = True
        await end(self._tasks, kind is not None)

    def answers_shown(self) -> str:
        return ", ".join(f"{count:,} × {name}" for name, count in self.answers.most_common())

    async def _run(self) -> None:
        connections = {port: Connection(port) for port in self._ports}
        mine: list[Activity] = []
        while not self._stopping:
            write = random.choice((self._post, self._post, self._reply, self._delete))
            try:
                written = await write(connections, mine)
                if written:
                    await self._read(random.choice(list(connections.values())), written)
            except Stale as stale:
                self.stale.append(str(stale))
        for connection in connections.values():
            connection.abort()

    async def _post(self, connections: dict[int, Connection], mine: list[Activity]) -> Activity | None:
        created = await self._create(connections, "post", "/api/activities", {"ttl": "7-days"})
        if created:
            # Either deleted later by this client, or answered by replies of all.
            if random.random() < 0.5:
                mine.append(created)
            else:
                self._newest["activity"] = created
        return created

    async def _reply(self, connections: dict[int, Connection], mine: list[Activity]) -> Activity | None:
        if "activity" not in self._newest:
            return await self._post(connections, mine)
        parent = str(self._newest["activity"]["uuid"])
        self.history.send_reply(parent)
        created = await self._create(connections, "reply", f"/api/activities/{parent}/reply", {})
        if created and random.random() < 0.5:
            mine.append(created)
        return created

    async def _create(
        self, connections: dict[int, Connection], kind: str, path: str, more: dict[str, str]
    ) -> Activity | None:
        message = f"history {next(self._numbers)}"
        body = json.dumps({"message": message, **more}).encode()
        headers = {"Idempotency-Key": message.replace(" ", "-")}
        outcome = await self._until_acknowledged(
            connections, lambda: Request(kind, "POST", path, body, headers), (200,)
        )
        if not outcome:
            return None
        created: Activity = json.loads(outcome.body)
        self.history.created(created)
        return created

    async def _delete(self, connections: dict[int, Connection], mine: list[Activity]) -> Activity | None:
        if not mine:
            return await self._post(connections, mine)
        activity = mine.pop(random.randrange(len(mine)))
        uuid = str(activity["uuid"])
        self.history.send_deletion(uuid)
        # A deletion whose answer was lost is repeated, and then finds nothing.
        outcome = await self._until_acknowledged(
            connections, lambda: Request("delete", "DELETE", f"/api/activities/{uuid}"), (200, 404)
        )
        if not outcome:
            return None
        self.history.deleted(uuid)
        return activity

    async def _until_acknowledged(
        self, connections: dict[int, Connection], request: Callable[[], Request], statuses: tuple[int, ...]
    ) -> Outcome | None:
        """Sends a write to one server after the other until one acknowledges it; None where the row ends before."""
        while not self._stopping:
            outcome = await self._sent(random.choice(list(connections.values())), request())
            if outcome.status in statuses:
                self.writes[outcome.kind] += 1
                return outcome
            await asyncio.sleep(PAUSE_AFTER_FAILURE)
        return None

    async def _sent(self, connection: Connection, request: Request) -> Outcome:
        outcome = await connection.send(request)
        self.answers[outcome.name] += 1
        return outcome

    async def _read(self, connection: Connection, written: Activity) -> None:
        """Reads a list or a thread that shows the activity, and checks the answer."""
        parent = written["reply_to_activity_uuid"]
        views: list[Callable[[], Awaitable[None]]] = [
            lambda: self._read_thread(connection, str(written["uuid"])),
            lambda: self._read_list(connection, HOME, "/api/activities/home"),
        ]
        if parent:
            views.append(lambda: self._read_thread(connection, str(parent)))
        else:
            handle = written["handle"]
            views.append(lambda: self._read_list(connection, by(handle), f"/api/activities/@{handle}"))
        await random.choice(views)()

    async def _read_thread(self, connection: Connection, uuid: str) -> None:
        began = self.history.begin_read()
        outcome = await self._sent(connection, Request("read", "GET", f"/api/activities/{uuid}?limit=100"))
        if outcome.status == 200:
            self.reads += 1
            self.history.check_thread(began, json.loads(outcome.body), 100)
        elif outcome.status == 404:
            self.reads += 1
            self.history.check_not_found(began, uuid)

    async def _read_list(self, connection: Connection, name: str, path: str) -> None:
        began = self.history.begin_read()
        outcome = await self._sent(connection, Request("read", "GET", f"{path}?limit={PAGE_LIMIT}"))
        if outcome.status == 200:
            self.reads += 1
            self.history.check_list(began, name, PAGE_LIMIT, json.loads(outcome.body))
