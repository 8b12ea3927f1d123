"""The database is killed, or away."""

from __future__ import annotations

import asyncio
import time

from ..load import LIVE, KeyedCreates, Load, mixed, repeated
from ..scene import Scene
from ..table import Row

KILLS = 3
SECONDS_BETWEEN_KILLS = 4
STORED = "select message || '|' || uuid from activities where message like '{} %'"


async def database_killed(scene: Scene, row: Row) -> None:
    cluster = await scene.cluster()
    server = await scene.server(cluster.url)
    back = []
    began = time.monotonic()
    async with KeyedCreates("F1", lambda: [server.port]) as creates:
        for _ in range(KILLS):
            await asyncio.sleep(SECONDS_BETWEEN_KILLS)
            await asyncio.to_thread(cluster.kill)
            killed = time.monotonic()
            accepted = await cluster.started()
            while creates.outcomes.first_success_after(killed) == float("inf"):
                if time.monotonic() > accepted + 20:
                    break
                await asyncio.sleep(0.05)
            back.append(creates.outcomes.first_success_after(killed) - accepted)
        await asyncio.sleep(SECONDS_BETWEEN_KILLS)
    seconds = time.monotonic() - began
    row.at_most("serving again after the database accepts sessions", max(back), 2)
    expect_exactly_once(row, creates, cluster.query(STORED.format("F1")), seconds)
    row.expect("the server is not restarted", "the same process", server.is_running())


def expect_exactly_once(row: Row, creates: KeyedCreates, stored: str, seconds: float) -> None:
    lost, doubled = creates.lost_and_doubled(stored)
    rate = len(creates.acknowledged) / seconds
    row.expect(
        "nothing acknowledged is lost",
        f"{lost} of {len(creates.acknowledged):,} ({rate:.0f}/s)",
        lost == 0 and creates.acknowledged,
    )
    row.expect(
        "nothing is doubled under an Idempotency-Key",
        f"{doubled}; {creates.outcomes.summary()}",
        doubled == 0,
    )


async def database_away(scene: Scene, row: Row) -> None:
    cluster = await scene.cluster()
    server = await scene.server(cluster.url)
    async with Load(server.port, mixed("F3"), 20, rate=200) as load, Load(
        server.port, repeated(LIVE), 1, rate=20
    ) as probes:
        await asyncio.sleep(2)
        down = time.monotonic()
        await asyncio.to_thread(cluster.kill)
        await asyncio.sleep(30)
        up = time.monotonic()
        accepted = await cluster.started()
        await asyncio.sleep(5)
    away = load.outcomes.started_between(down, up)
    # What was in flight or sent while the kill took place may still have succeeded.
    refused = away.started_between(down + 0.5, up)
    row.expect(
        "every request is answered 503 with Retry-After",
        refused.summary(),
        refused and all(one.status == 503 and "retry-after" in one.headers for one in refused),
    )
    row.at_most("these answers: p99", away.p99(), 250, "ms", f"longest {away.worst() * 1000:.0f} ms")
    live = probes.outcomes
    row.expect(
        "/livez answers 200 all the time",
        f"{live.summary()}, p99 {live.p99():.0f} ms",
        live and not live.failures(),
    )
    row.at_most(
        "200 again after the database accepts sessions", load.outcomes.last_failure_after(accepted), 2
    )
    row.expect("the server is not restarted", "the same process", server.is_running())
