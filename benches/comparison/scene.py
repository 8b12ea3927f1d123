"""The processes of a comparison: databases, servers, a user pool. Each starts when a row first needs it and
runs until the comparison ends. All files are in one temporary folder."""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Callable

from .collector import Collector
from .database import USERS, Database, script
from .generators import CLIENTS, Measured, wrk
from .processes import Broken, Server
from .streams import allow_descriptors
from .user_pool import UserPool

HOME = "/api/activities/home?limit=20"
CONSTANT = "/api/constant"
SMALL, LARGE = 10_000, 10_000_000
MESSAGE = "Benchmark " + "0123456789 " * 9 + "."

# The files that a server and a client open besides those of streams, at most.
OTHER_FILES = 200

QUIET = {"RATE_LIMIT": "off", "RUST_LOG": "warn"}


@dataclass(frozen=True)
class Size:
    """The amount of data, and the number and length of the rounds."""

    activities: int
    warm_up: bool
    rounds: int
    seconds: int
    writers: int
    # The length of row 6's uninterrupted run, in seconds.
    sustained: int
    # How many activities expire at one instant, and how many seconds before it the benchmark inserts them.
    expiring: int
    preparation: int
    # Row 14: the open streams, and the posts that they are told of; row 15: the activities that expire.
    streams: int
    live_posts: int
    short_lived: int


FULL = Size(
    activities=1_000_000,
    warm_up=True,
    rounds=5,
    seconds=5,
    writers=1_000,
    sustained=60,
    expiring=100_000,
    preparation=60,
    streams=20_000,
    live_posts=60,
    short_lived=200,
)
QUICK = Size(
    activities=20_000,
    warm_up=False,
    rounds=1,
    seconds=1,
    writers=50,
    sustained=2,
    expiring=2_000,
    preparation=4,
    streams=200,
    live_posts=3,
    short_lived=20,
)


class Scene:
    """A context manager that stops the processes that it started, in reverse order."""

    def __init__(self, size: Size, with_ten_million: bool = False):
        self.size = size
        self.with_ten_million = with_ten_million
        self.programs = Path(os.environ["CRUDDUR_PROGRAMS"])
        self._stops: list[Callable[[], None]] = []

    def __enter__(self) -> Scene:
        # Each stream needs a file in its client and one in the server.
        files = allow_descriptors(self.size.streams + OTHER_FILES)
        self.streams = min(self.size.streams, files - OTHER_FILES)
        # In /tmp, because the path of PostgreSQL's socket must be short. Accessible to other users, because
        # PostgreSQL runs under another account if this script runs as root.
        self.folder = Path(tempfile.mkdtemp(prefix="cruddur-load.", dir="/tmp"))
        self.folder.chmod(0o711)
        return self

    def __exit__(self, *_: object) -> None:
        say("")
        while self._stops:
            self._stops.pop()()
        shutil.rmtree(self.folder, ignore_errors=True)

    @cached_property
    def user_pool(self) -> UserPool:
        pool = UserPool(self.folder)
        self._stops.append(pool.stop)
        return pool

    @cached_property
    def collector(self) -> Collector:
        collector = Collector()
        self._stops.append(collector.stop)
        return collector

    @cached_property
    def tokens(self) -> list[str]:
        say("signing tokens")
        return self.user_pool.tokens(self.size.writers)

    @cached_property
    def server(self) -> Server:
        """The measured server, which runs the database."""
        return self.standing[0]

    @cached_property
    def database(self) -> Database:
        return self.standing[1]

    @cached_property
    def standing(self) -> tuple[Server, Database]:
        """The measured server and its database."""
        return self.embedded(self.size.activities)

    @cached_property
    def large(self) -> tuple[Server, Database]:
        """A server with ten million activities, nearly all of them older than those of the benchmarks, and its
        database."""
        return self.embedded(SMALL, older=LARGE - SMALL)

    @cached_property
    def constant(self) -> Server:
        """The measured program with a route that returns the body of home from memory."""
        settings = {**self.settings, "CONNECTION_URL": self.database.url}
        command = ["constant", "server", str(self.home_body)]
        server = self.start(command, settings)
        server.wait()
        return server

    @cached_property
    def bare(self) -> Server:
        """actix-web with only that route."""
        command = ["constant", "bare", str(self.home_body)]
        server = self.start(command, {"CONNECTION_URL": self.database.url}, ready=CONSTANT)
        server.wait()
        return server

    @property
    def settings(self) -> dict[str, str]:
        return {**QUIET, **self.user_pool.settings()}

    @cached_property
    def home_body(self) -> Path:
        return self.file("home.json", self.server.check(HOME))

    @cached_property
    def activity_paths(self) -> Path:
        """The paths of all activities, one per line."""
        rows = self.database.query(
            "select '/api/activities/' || md5('activity ' || n)::uuid || '?limit=20' from generate_series(1, :n) as n",
            n=self.size.activities,
        )
        return self.file("activities", rows.encode())

    @cached_property
    def hot_activity_paths(self) -> Path:
        """The paths of a thousand of these activities."""
        paths = self.activity_paths.read_bytes().splitlines()[:1000]
        return self.file("hot-activities", b"\n".join(paths))

    @cached_property
    def user_paths(self) -> Path:
        """The paths of all users' pages, one per line."""
        paths = (f"/api/activities/@bench_{n}?limit=20" for n in range(1, USERS + 1))
        return self.file("users", "\n".join(paths).encode())

    def embedded(self, activities: int, older: int = 0) -> tuple[Server, Database]:
        """Starts a server with an embedded database and loads this many activities, and `older` ones."""
        say(f"loading {activities + older:,} activities")
        data_dir = self.folder / f"data-{activities + older}"
        server = self.start(["cruddur", "serve"], {**self.settings, "CRUDDUR_DATA_DIR": str(data_dir)})
        server.wait()
        database = Database(data_dir)
        database.load(activities)
        if older:
            database.query(script("insert_older"), rows=older, users=USERS)
        database.wait_until_indexed()
        database.vacuum_and_checkpoint()
        return server, database

    def beside(self, drained: bool = False, **settings: str) -> Server:
        """Starts another server on the same database, without waiting until it is ready. A `drained` server writes
        its log to a pipe, as in a container; any other server writes it to a file."""
        settings = {**self.settings, "CONNECTION_URL": self.database.url, **settings}
        return self.start(["cruddur", "serve"], settings, drained=drained)

    def start(
        self, command: list[str], settings: dict[str, str], *, ready: str = "/readyz", drained: bool = False
    ) -> Server:
        program, *arguments = command
        log = None if drained else self.folder / f"log-{len(self._stops)}"
        server = Server([str(self.programs / program), *arguments], settings, log, ready)
        self._stops.append(server.stop)
        return server

    def post(self, server: Server, seconds: int, clients: int = CLIENTS) -> Measured:
        """Posts activities as random users, each with the user's token."""
        body = self.file("post.json", json.dumps({"message": MESSAGE, "ttl": "30-days"}).encode())
        return wrk(
            server,
            "/api/activities",
            seconds=seconds,
            clients=clients,
            script="posts",
            arguments=(self.token_file, body),
        )

    def like(self, server: Server, seconds: int) -> Measured:
        """Likes one activity and undoes the likes, as every user in turn."""
        path = self.database.query("select '/api/activities/' || md5('activity 1')::uuid || '/like'")
        return wrk(server, path, seconds=seconds, script="likes", arguments=(self.token_file,))

    def read_as_users(self, server: Server, path: str, seconds: int) -> Measured:
        """Reads as random users."""
        return wrk(server, path, seconds=seconds, script="tokens", arguments=(self.token_file,))

    @cached_property
    def token_file(self) -> Path:
        """The tokens, one per line."""
        return self.file("tokens", "\n".join(self.tokens).encode())

    def file(self, name: str, content: bytes) -> Path:
        path = self.folder / name
        path.write_bytes(content)
        return path

    def in_turn(self, what: str, sides: dict[str, Callable[[int], Measured]]) -> dict[str, list[Measured]]:
        """Measures every side once per round, so that a slow minute of the machine affects all of them. Round 0
        is the warm-up."""
        measured: dict[str, list[Measured]] = {name: [] for name in sides}
        for number in range(0 if self.size.warm_up else 1, self.size.rounds + 1):
            for name, measure in sides.items():
                phase = f"round {number} of {self.size.rounds}" if number else "warming up"
                say(f"{what}: {phase}, {name}")
                outcome = measure(self.size.seconds if number else 1)
                if number:
                    measured[name].append(outcome)
        return measured


def say(progress: str) -> None:
    """Shows one line on a terminal; the next call overwrites it."""
    if sys.stderr.isatty():
        print(f"\r\033[K{progress}", end="", file=sys.stderr, flush=True)


def require(condition: bool, otherwise: str) -> None:
    if not condition:
        raise Broken(otherwise)
