"""All attackers at once, within the default limits: each attacker has an address of its own, and so have the good
clients. The address is in X-Forwarded-For, as behind a proxy."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import random
import signal
import uuid
from contextlib import AsyncExitStack
from typing import Iterator

from comparison.user_pool import UserPool

from ..attackers import deleting, flood, never_reading, resetting, walking
from ..beside import Beside
from ..client import Request
from ..load import COSTLY, Load, Outcomes, create
from ..scene import Scene
from ..table import Row
from .clients import MEGABYTE, most_memory

GOOD_CLIENTS, GOOD_RATE = 20, 60
CALM_SECONDS = 20
THREADS, REPLIES = 3, 30_000
# The users of the data: the first ones are good, the next ones attack.
ATTACKER = GOOD_CLIENTS + 1
# The server without kept pages, and the pages of home that it keeps at most (src/activities/home.rs).
MEMORY, CACHE = 60, 16
LONG_THREADS = """
insert into activities (uuid, user_uuid, message, created_at, expires_at, replies_count)
select md5('thread ' || n)::uuid, md5('user ' || :author)::uuid, 'Thread ' || n, now(),
    now() + interval '1 day', :replies
from generate_series(1, :threads) as n;
insert into activities (user_uuid, message, created_at, expires_at, reply_to_activity_uuid)
select md5('user ' || 1 + r % 1000)::uuid, 'Reply ' || r, parent.created_at, parent.expires_at, parent.uuid
from activities as parent, generate_series(1, :replies) as r
where parent.message like 'Thread %';
select string_agg(uuid::text, ' ') from activities where message like 'Thread %';
"""


async def all_at_once(scene: Scene, row: Row, minutes: float) -> None:
    cluster = await scene.cluster()
    threads = await asyncio.to_thread(
        cluster.query, LONG_THREADS, author=ATTACKER, threads=THREADS, replies=REPLIES
    )
    pool = UserPool(scene.folder)
    scene.at_end(pool.stop)
    tokens = await asyncio.to_thread(pool.tokens, ATTACKER)
    settings = {**pool.settings(), "RATE_LIMIT": "on", "RUST_LOG": "info", "TRUSTED_PROXIES": "127.0.0.1"}
    server = await scene.server(cluster.url, drained=True, **settings)
    reader = server.log_reader
    scene.at_end(lambda: reader.send_signal(signal.SIGCONT))
    port = server.port
    async with Load(port, good("calm", tokens), GOOD_CLIENTS, GOOD_RATE) as calm:
        await asyncio.sleep(CALM_SECONDS)
    status = [Request("stranger", "GET", "/admin/status", headers=address(66))]
    searches = [Request("search", "GET", path, headers=address(67)) for path in COSTLY[:3]]
    resets = [Request("reset", "GET", path, headers=address(68)) for path in COSTLY[:3]]
    attacks = [
        Beside(deleting, port, threads.split(), {**address(65), "Authorization": f"Bearer {tokens[-1]}"}),
        Beside(flood, port, status, 200, 500),
        Beside(flood, port, searches, 32, 100),
        Beside(resetting, port, resets, 90),
        Beside(walking, port, address(69), 90),
        Beside(never_reading, port, 500, "/api/activities/home?limit=100", address(70)),
    ]
    async with most_memory(server) as memory, Load(
        port, good("attacked", tokens), GOOD_CLIENTS, GOOD_RATE
    ) as load:
        async with AsyncExitStack() as stack:
            for attack in attacks:
                await stack.enter_async_context(attack)
            os.kill(reader.pid, signal.SIGSTOP)
            await asyncio.sleep(60 * minutes)
    report(row, calm.outcomes, load.outcomes, memory[0] / MEGABYTE)
    names = ("deletions", "/admin", "searches", "resets", "pages", "never reading")
    sent = "; ".join(f"{name} {shown(attack.result)}" for name, attack in zip(names, attacks))
    row.expect("every attacker attacked", sent, all(attack.result for attack in attacks))


def report(row: Row, calm: Outcomes, attacked: Outcomes, memory: float) -> None:
    row.expect("calm: good clients get every answer", calm.summary(), calm and not calm.failures())
    row.at_most(
        "good clients' p99, of calm",
        attacked.p99() / calm.p99(),
        3,
        "×",
        f"{attacked.p99():.1f} ms of {calm.p99():.1f} ms",
    )
    failed = attacked.failures()
    kinds = ", ".join(sorted({f"{one.kind} {one.name}" for one in failed}))
    row.expect(
        "no failure of a good client", f"{attacked.summary()} {kinds}".strip(), attacked and not failed
    )
    row.at_most("memory", memory, MEMORY + CACHE, "MB")


def good(tag: str, tokens: list[str]) -> Iterator[Request]:
    """Requests of good clients, each with its own address and user."""
    number = 0
    while True:
        number += 1
        client = random.randrange(GOOD_CLIENTS)
        mine = {**address(client, network=1), "Authorization": f"Bearer {tokens[client]}"}
        user = random.randrange(1, 1_000)
        yield Request("home", "GET", "/api/activities/home?limit=20", headers=mine)
        yield Request("user", "GET", f"/api/activities/@bench_{user}?limit=20", headers=mine)
        yield Request("search", "GET", f"/api/activities/search?term=activity+{user}&limit=20", headers=mine)
        yield Request("notifications", "GET", "/api/activities/notifications", headers=mine)
        yield Request("messages", "GET", "/api/message_groups", headers=mine)
        yield create(f"{tag} {number}", headers=mine)
        body = json.dumps({"message": f"{tag} reply {number}"}).encode()
        yield Request("reply", "POST", f"/api/activities/{parent(user)}/reply", body, mine)


def parent(number: int) -> uuid.UUID:
    """The id of an activity of `benches/data.sql`."""
    return uuid.UUID(hashlib.md5(f"activity {number}".encode()).hexdigest())


def address(last: int, network: int = 2) -> dict[str, str]:
    return {"X-Forwarded-For": f"10.{network}.0.{last}"}


def shown(result: object) -> str:
    if isinstance(result, dict) and "sent" in result:
        return f"{result['sent']:,} ({result['refusals']:,} refused)"
    return str(result)
