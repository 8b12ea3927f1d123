"""The leader is killed, frozen, or gives its place up, while every server creates activities."""

from __future__ import annotations

import asyncio
import os
import time
from contextlib import AsyncExitStack

from comparison.processes import Broken
from faults.load import KeyedCreates, Outcomes
from faults.scene import Scene
from faults.table import Row

from ..patroni import Node
from ..stage import BEHIND_HAPROXY, HOSTS_IN_URL, Stage, set_up

RATE, CLIENTS = 300, 8
PROMOTION_BOUND = 1.0
SWITCHOVER_BOUND = 5.0
# After a freeze a request may have waited for its deadline of 3 s. From then on, until the promotion, all are refused.
DETECTION = 3.5
REFUSAL_BOUND = 250
BACK_PATIENCE = 20.0
PAUSE = 1.0
SESSIONS = "select count(*) from pg_stat_activity where usename = 'cruddur' and backend_type = 'client backend'"
STORED = "select message || '|' || uuid from activities where message like '{} %'"


async def killed(scene: Scene, row: Row, times: int) -> None:
    """SIGKILL to the leader with its Patroni, which start again after the failover."""

    async def end(leader: Node, failovers: Failovers) -> None:
        leader.kill()
        await failovers.measure(leader)
        leader.patroni.start()

    await repeat(scene, row, times, end, "kill")


async def frozen(scene: Scene, row: Row, times: int) -> None:
    """SIGSTOP to the leader with its Patroni. After the failover PostgreSQL goes on and still believes that it leads."""

    async def end(leader: Node, failovers: Failovers) -> None:
        leader.freeze()
        promoted = await failovers.measure(leader)
        leader.thaw()
        new = await failovers.stage.patroni.healthy()
        failovers.usurped += new is not promoted

    failovers = await repeat(scene, row, times, end, "freeze")
    row.expect(
        "the thawed leader does not lead again",
        f"{failovers.usurped} of {times} times",
        failovers.usurped == 0,
    )


async def switched(scene: Scene, row: Row, times: int) -> None:
    """Patroni's switchover to another node."""

    async def end(leader: Node, failovers: Failovers) -> None:
        asked = time.monotonic()
        switching = asyncio.create_task(failovers.stage.patroni.switch_over(leader))
        await failovers.measure(leader)
        failovers.asked.append(asked)
        await switching

    failovers = await repeat(scene, row, times, end, "switchover")
    aways = [
        creates.outcomes.first_success_after(promoted) - asked
        for creates in failovers.all()
        for promoted, asked in zip(failovers.promotions, failovers.asked)
    ]
    row.at_most("from the request to the first write on the new leader", max(aways), SWITCHOVER_BOUND)


class Failovers:
    """The servers' clients, and when nodes were promoted."""

    def __init__(self, stage: Stage, tag: str):
        rate = RATE / sum(len(servers) for servers in stage.servers.values())
        self.stage = stage
        self.creates = {
            way: [
                KeyedCreates(f"{tag} {way} {at}", lambda port=server.port: [port], CLIENTS, rate)
                for at, server in enumerate(servers)
            ]
            for way, servers in stage.servers.items()
        }
        self.promotions: list[float] = []
        self.asked: list[float] = []
        # When no leader answered: until the promotion.
        self.outages: list[tuple[float, float]] = []
        self.usurped = 0
        # From each promotion to the first commit by a session of ours on the new leader.
        self.commits: list[float] = []

    def all(self) -> list[KeyedCreates]:
        return [creates for clients in self.creates.values() for creates in clients]

    async def measure(self, old: Node) -> Node:
        """Waits for the promotion of another node, and then for a write by each server. Returns the new leader."""
        began = time.monotonic()
        new, promoted = await self.stage.patroni.promoted(old)
        committing = asyncio.create_task(first_commit(new, promoted))
        self.outages.append((began + DETECTION, promoted))
        self.promotions.append(promoted)
        deadline = promoted + BACK_PATIENCE
        while any(creates.acknowledged_at <= promoted for creates in self.all()):
            if time.monotonic() > deadline:
                break
            await asyncio.sleep(0.05)
        self.commits.append(await committing)
        return new


async def first_commit(node: Node, promoted: float) -> float:
    """The seconds from the promotion until a commit of a session that was there before is acknowledged."""
    session = node.session()
    try:
        # It writes to the log, and so waits for the synchronous standby.
        await session.query("select pg_logical_emit_message(true, 'test', '')", BACK_PATIENCE)
        return time.monotonic() - promoted
    except (OSError, asyncio.IncompleteReadError, asyncio.TimeoutError, Broken):
        return float("inf")
    finally:
        session.close()


async def repeat(scene: Scene, row: Row, times: int, end, tag: str) -> Failovers:
    """Ends the leadership of a node `times` times by `end`, and adds the checks that hold in each case."""
    stage = await set_up(scene, (BEHIND_HAPROXY, HOSTS_IN_URL))
    failovers = Failovers(stage, tag)
    began = time.monotonic()
    async with AsyncExitStack() as stack:
        for creates in failovers.all():
            await stack.enter_async_context(creates)
        for _ in range(times):
            leader = await stage.patroni.healthy()
            await asyncio.sleep(PAUSE)
            await end(leader, failovers)
        await stage.patroni.healthy()
    seconds = time.monotonic() - began
    for way, clients in failovers.creates.items():
        expect_back(row, way, clients, failovers.promotions)
    row.expect(
        "(without a server: first commit on the new leader)",
        ", ".join(f"{one:.2f}" for one in failovers.commits) + " s",
        True,
    )
    expect_refusals(row, failovers)
    servers = [server for servers in stage.servers.values() for server in servers]
    (count,) = await stage.patroni.query(SESSIONS)
    row.at_most(
        f"sessions of {len(servers)} servers afterwards", int(count[0]), len(servers) * sessions_of_a_server(), ""
    )
    await expect_exactly_once(row, failovers, tag, seconds)
    return failovers


def expect_back(row: Row, way: str, clients: list[KeyedCreates], promotions: list[float]) -> None:
    """The first write that each server acknowledges after each promotion."""
    late = sorted(
        creates.outcomes.first_success_after(promoted) - promoted
        for creates in clients
        for promoted in promotions
    )
    middle = late[len(late) // 2] if late else float("inf")
    row.at_most(
        f"{way}: first write after {len(promotions)} promotions, each server",
        max(late, default=float("inf")),
        PROMOTION_BOUND,
        more=f"p50 {middle:.2f} s, {sum(one > PROMOTION_BOUND for one in late)} of {len(late)} later",
    )


def expect_refusals(row: Row, failovers: Failovers) -> None:
    """While there is no leader, servers refuse at once."""
    away = Outcomes()
    for creates in failovers.all():
        for begin, end in failovers.outages:
            # What was sent shortly before the promotion may be answered by the new leader.
            away.extend(creates.outcomes.started_between(begin, end - REFUSAL_BOUND / 1000))
    if not away:
        return row.not_tried("without a leader: 503 with Retry-After", "no outage was long enough")
    row.expect(
        "without a leader: 503 with Retry-After",
        away.summary(),
        all(one.status == 503 and "retry-after" in one.headers for one in away),
    )
    row.at_most("these answers: p99", away.p99(), REFUSAL_BOUND, "ms")


def sessions_of_a_server() -> int:
    """The most connections of a server: DB_POOL_SIZE and those beside its pool."""
    return 2 * (os.cpu_count() or 1) + 4 + 25


async def expect_exactly_once(row: Row, failovers: Failovers, tag: str, seconds: float) -> None:
    lines = await failovers.stage.patroni.query(STORED.format(tag))
    stored = "\n".join(str(line[0]) for line in lines)
    counts = [creates.lost_and_doubled(stored) for creates in failovers.all()]
    acknowledged = sum(len(creates.acknowledged) for creates in failovers.all())
    lost, doubled = (sum(numbers) for numbers in zip(*counts))
    row.expect(
        "0 acknowledged lost, 0 doubled",
        f"{lost} lost, {doubled} doubled of {acknowledged:,} ({acknowledged / seconds:.0f}/s)",
        acknowledged and not lost and not doubled,
    )
