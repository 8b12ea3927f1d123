"""Shows home as a browser does: loads the page, changes it by the events of a stream, and goes on elsewhere when the
stream is cut. It notes what no stream may tell."""

from __future__ import annotations

import asyncio
import json
import random
import time

from faults.client import get
from faults.load import PAUSE_AFTER_FAILURE, end
from faults.stream import Event, Stream

# The page that is loaded, and the activities of it that are compared: others may have been deleted since.
LOADED, COMPARED = 100, 50
# A client cuts its own stream after a while between these seconds.
SHORTEST, LONGEST = 0.1, 3.0
# The longest wait for a page, for a stream to open and for an event.
PATIENCE = 4.0

# The uuid and the counts of an activity, newest first.
Shown = list[tuple[str, int, int, int]]


class Follower:
    """One client. `errors` has what a stream told and must not."""

    def __init__(self, ports: list[int]):
        self._ports = ports
        self._stopping = False
        self._tasks: list[asyncio.Task] = []
        self._home: dict[str, dict[str, object]] = {}
        # What was told since the page was loaded.
        self._created: set[str] = set()
        self._gone: set[str] = set()
        self._cursor = ""
        self.errors: list[str] = []
        self.events = self.streams = self.loads = 0

    async def __aenter__(self) -> Follower:
        self._tasks = [asyncio.create_task(self._run())]
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._stopping = True
        await end(self._tasks, kind is not None)

    def shown(self) -> Shown:
        """The newest activities that the client shows."""
        return newest(list(self._home.values()))

    async def _run(self) -> None:
        await self._load()
        while not self._stopping:
            port = random.choice(self._ports)
            stream = await Stream.open(port, "home", self._cursor, PATIENCE)
            if stream is None:
                await asyncio.sleep(PAUSE_AFTER_FAILURE)
                continue
            self.streams += 1
            try:
                must_load = await self._follow(stream)
            finally:
                stream.abort()
            if must_load:
                await self._load()

    async def _follow(self, stream: Stream) -> bool:
        """Reads events until the stream is cut; whether it said that the page has to be loaded again."""
        cut_at = time.monotonic() + random.uniform(SHORTEST, LONGEST)
        while not self._stopping and stream.is_open and time.monotonic() < cut_at:
            event = await stream.next(min(PATIENCE, max(0.0, cut_at - time.monotonic())))
            self._cursor = stream.cursor
            if event and event.name == "resync":
                return True
            if event:
                self._apply(event)
        return False

    def _apply(self, event: Event) -> None:
        self.events += 1
        uuid = str(event.data.get("uuid"))
        if event.name == "activity":
            if uuid in self._created:
                self.errors.append(f"{uuid} was told twice")
            if uuid in self._gone:
                self.errors.append(f"{uuid} was told after it was gone")
            self._created.add(uuid)
            if event.data["reply_to_activity_uuid"] is None:
                self._home[uuid] = dict(event.data)
        elif event.name in ("deleted", "expired"):
            if uuid in self._gone:
                self.errors.append(f"{uuid} was gone twice")
            self._gone.add(uuid)
            self._home.pop(uuid, None)
        elif event.name == "counts" and uuid in self._home:
            self._home[uuid].update(event.data)

    async def _load(self) -> None:
        """Loads the page, from which a new stream goes on."""
        while not self._stopping:
            port = random.choice(self._ports)
            page = await get(port, f"/api/activities/home?limit={LOADED}", patience=PATIENCE)
            if page.is_success:
                self._home = {one["uuid"]: one for one in json.loads(page.body)}
                self._cursor = page.headers["live-cursor"]
                self._created.clear()
                self._gone.clear()
                self.loads += 1
                return
            await asyncio.sleep(PAUSE_AFTER_FAILURE)


def newest(activities: list[dict[str, object]]) -> Shown:
    """What is compared of the activities of home."""
    ordered = sorted(activities, key=lambda one: (str(one["created_at"]), str(one["uuid"])), reverse=True)
    counts = ("replies_count", "reposts_count", "likes_count")
    return [(str(one["uuid"]), *(int(one[count]) for count in counts)) for one in ordered[:COMPARED]]
