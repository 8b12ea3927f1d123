"""Likes and reposts of one activity, while the database is killed."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Callable

from comparison.processes import Broken

from ..client import Connection, Request
from ..cluster import Cluster
from ..load import PAUSE_AFTER_FAILURE, Load, Outcomes, end, repeated
from ..scene import Scene
from ..table import Row

CLIENTS = 64
KILLS = 2
SECONDS = 60
KINDS = {"like": "likes_count", "repost": "reposts_count"}
ACTIVITY = "md5('activity 1')::uuid"
# Four numbers of one snapshot: each count of the activity, and the number of its rows.
COUNTS = f"""
    select
        likes_count,
        (select count(*) from reactions where activity_uuid = activities.uuid and kind = 'like'),
        reposts_count,
        (select count(*) from reactions where activity_uuid = activities.uuid and kind = 'repost')
    from activities
    where uuid = {ACTIVITY}"""
STORED = f"""
    select kind || '|' || cognito_user_id
    from reactions
    join users on users.uuid = user_uuid
    where activity_uuid = {ACTIVITY}"""


async def database_killed(scene: Scene, row: Row) -> None:
    cluster = await scene.cluster()
    server = await scene.server(cluster.url)
    path = f"/api/activities/{cluster.query('select ' + ACTIVITY)}"
    tokens = [await token(server.port, f"bench_{number}") for number in range(1, CLIENTS + 1)]
    back = []
    read = repeated(Request("read", "GET", path))
    async with Toggles(server.port, path, tokens) as toggles, Comparisons(cluster) as comparisons:
        async with Load(server.port, read, 2, rate=50) as reads:
            for _ in range(KILLS):
                await asyncio.sleep(SECONDS / (KILLS + 1))
                await asyncio.to_thread(cluster.kill)
                killed = time.monotonic()
                accepted = await cluster.started()
                await first_success(toggles.outcomes, killed, accepted + 20)
                back.append(toggles.outcomes.first_success_after(killed) - accepted)
            await asyncio.sleep(SECONDS / (KILLS + 1))
    row.at_most("serving again after the database accepts sessions", max(back), 2)
    wrong = [numbers for numbers in comparisons.read if numbers[0] != numbers[1] or numbers[2] != numbers[3]]
    row.expect(
        "at every read the counts equal the rows, and are not negative",
        f"{len(wrong)} of {len(comparisons.read):,} reads differ {wrong[:3] or ''}",
        comparisons.read and not wrong and min(min(numbers) for numbers in comparisons.read) >= 0,
    )
    shown = [json.loads(one.body)[count] for one in reads.outcomes.successes() for count in KINDS.values()]
    row.expect(
        f"the API's counts are between 0 and {CLIENTS}",
        f"{min(shown, default='none')} to {max(shown, default='none')} in {len(shown) // 2:,} answers",
        shown and 0 <= min(shown) and max(shown) <= CLIENTS,
    )
    lost = toggles.differences(set(cluster.query(STORED).splitlines()))
    changes = len(toggles.outcomes.successes())
    row.expect(
        "what each client was told last is stored",
        f"{len(lost)} of {len(toggles.acknowledged)} differ ({changes / SECONDS:.0f} changes/s)",
        not lost and changes,
    )
    row.expect("the server is not restarted", toggles.outcomes.summary(), server.is_running())


async def token(port: int, handle: str) -> str:
    body = json.dumps({"handle": handle}).encode()
    answer = await Connection(port).send(Request("session", "POST", "/api/dev/session", body))
    if not answer.is_success:
        raise Broken(f"no token for {handle}: {answer.name}")
    return json.loads(answer.body)["token"]


async def first_success(outcomes: Outcomes, killed: float, deadline: float) -> None:
    while outcomes.first_success_after(killed) == float("inf") and time.monotonic() < deadline:
        await asyncio.sleep(0.05)


class Toggles:
    """Clients, each of which makes and undoes its like and its repost of one activity by turns, and repeats a
    request until it is acknowledged."""

    def __init__(self, port: int, path: str, tokens: list[str]):
        self._port = port
        self._path = path
        self._tokens = tokens
        self._stopping = False
        self._tasks: list[asyncio.Task] = []
        self.outcomes = Outcomes()
        # For each kind and user whether the reaction is made; without those that wait for an answer.
        self.acknowledged: dict[str, bool] = {}

    async def __aenter__(self) -> Toggles:
        numbered = enumerate(self._tokens, 1)
        self._tasks = [asyncio.create_task(self._run(f"bench:{number}", one)) for number, one in numbered]
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._stopping = True
        await end(self._tasks, kind is not None)

    async def _run(self, user: str, token: str) -> None:
        connection = Connection(self._port)
        turn = 0
        while not self._stopping:
            kind = ("like", "repost")[turn % 2]
            is_made = turn % 4 < 2
            request = Request(
                kind,
                "PUT" if is_made else "DELETE",
                f"{self._path}/{kind}",
                headers={"Authorization": f"Bearer {token}"},
            )
            self.acknowledged.pop(f"{kind}|{user}", None)
            outcome = await connection.send(request)
            self.outcomes.append(outcome)
            if outcome.is_success:
                self.acknowledged[f"{kind}|{user}"] = is_made
                turn += 1
            else:
                await asyncio.sleep(PAUSE_AFTER_FAILURE)
        connection.abort()

    def differences(self, stored: set[str]) -> list[str]:
        """Those whose stored state is not the acknowledged one."""
        return [reaction for reaction, is_made in self.acknowledged.items() if (reaction in stored) != is_made]


class Comparisons:
    """Reads the counts and the numbers of rows in one statement, again and again. While the database is away there
    is nothing to read."""

    def __init__(self, cluster: Cluster):
        self._cluster = cluster
        self._task: asyncio.Task | None = None
        self._stopping = False
        self.read: list[list[int]] = []

    async def __aenter__(self) -> Comparisons:
        self._task = asyncio.create_task(self._run(lambda: self._cluster.query(COUNTS)))
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._stopping = True
        await end([self._task], kind is not None)

    async def _run(self, query: Callable[[], str]) -> None:
        while not self._stopping:
            try:
                line = await asyncio.to_thread(query)
                self.read.append([int(number) for number in line.split("|")])
            except Broken:
                pass
            await asyncio.sleep(0.05)
