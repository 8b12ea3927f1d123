"""The rows of the speed table, each a function of the scene."""

from __future__ import annotations

import json
import subprocess
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path
from statistics import median
from typing import Callable
from urllib.parse import quote

from .database import NEWEST_FIRST, OLDEST_FIRST, USERS, Database, cursor, home_script, script
from .generators import CLIENTS, Measured, pgbench, wrk
from .processes import Server
from .rounds import alone, beside, compared, divided, halves, highest, rates, repeated, scraping
from .scene import CONSTANT, HOME, LARGE, MESSAGE, QUICK, SMALL, Scene, require, say
from .streams import Streams
from .table import Line, Row, Target

MONTH = 30 * 24 * 3600
DEEP_PAGE = 10_000
PURGE_PATIENCE = 30
# The share of requests that is traced in row 13.
TRACED = 0.1
ONLY_LARGE = "only with --ten-million"


def home(scene: Scene) -> Row:
    measured = scene.in_turn(
        "row 1",
        {
            "server": lambda seconds: wrk(scene.server, HOME, seconds=seconds),
            "constant body": lambda seconds: wrk(scene.constant, CONSTANT, seconds=seconds),
            "pgbench": lambda seconds: pgbench(scene.database, home_script(), NEWEST_FIRST, seconds=seconds),
            "bare actix-web": lambda seconds: wrk(scene.bare, CONSTANT, seconds=seconds),
            "server, while one client posts": lambda seconds: home_beside_posts(scene, scene.server, seconds),
            # What the posts leave of the machine.
            "constant body beside the same posts": lambda seconds: constant_beside_posts(scene, seconds),
        },
    )
    delete_posts(scene)
    posting = rates(measured.pop("server, while one client posts"))
    left = rates(measured.pop("constant body beside the same posts"))
    constant = rates(measured["constant body"])
    targets = {"constant body": Target("≥", 0.9), "pgbench": Target("≥", 2.5), "bare actix-web": Target("≥", 0.75)}
    lines = compared(measured, rates, targets)
    ratios = divided(constant, rates(measured["bare actix-web"]))
    lines += [
        Line("constant body; ÷ bare actix-web", constant, "/s", ratios, Target("≥", 0.85)),
        Line("server, while one client posts; ÷ constant body", posting, "/s", divided(posting, constant), Target("≥", 0.8)),
        Line("constant body beside the same posts; ÷ alone", left, "/s", divided(left, constant)),
    ]
    return Row(1, "GET home, 64 connections", lines)


def home_beside_posts(scene: Scene, server: Server, seconds: int, clients: int = CLIENTS) -> Measured:
    """Home while nearly every look finds a new activity."""
    with one_client_posts(scene, server, seconds):
        return wrk(server, HOME, seconds=seconds, clients=clients)


def constant_beside_posts(scene: Scene, seconds: int) -> Measured:
    with one_client_posts(scene, scene.server, seconds):
        return wrk(scene.constant, CONSTANT, seconds=seconds)


def one_client_posts(scene: Scene, server: Server, seconds: int) -> AbstractContextManager[None]:
    """One client posts beside the block."""
    return beside(lambda: scene.post(server, seconds, clients=1))


def delete_posts(scene: Scene) -> None:
    """The other rows expect the original data."""
    scene.database.query("delete from activities where message = :'message'", message=MESSAGE)
    scene.database.vacuum_and_checkpoint()


def home_alone(scene: Scene) -> Row:
    measured = scene.in_turn(
        "row 2",
        {
            "server": lambda seconds: wrk(scene.server, HOME, seconds=seconds, clients=1),
            "constant body": lambda seconds: wrk(scene.constant, CONSTANT, seconds=seconds, clients=1),
            "pgbench": home_statement(scene.database),
        },
    )
    server, constant, database = (halves(measured[side]) for side in measured)
    allowed = [1.3 * query + way for query, way in zip(database, constant)]
    lines = [
        Line("server", server, "ms"),
        Line("1.3 × pgbench + constant body", allowed, "ms", divided(server, allowed), Target("≤", 1)),
        Line("pgbench", database, "ms"),
        Line("constant body", constant, "ms"),
    ]
    return Row(2, "GET home, 1 connection, p50", lines)


def home_with_token(scene: Scene) -> Row:
    token = {"Authorization": f"Bearer {scene.tokens[0]}"}
    scene.server.check(HOME, token)
    flags = f"{HOME}&include=viewer"
    scene.database.query(script("insert_likes"), writers=scene.size.writers)
    scene.database.vacuum_and_checkpoint()
    require(b'"liked":true' in scene.server.check(flags, token), "the user of the first token likes nothing on home")
    measured = scene.in_turn(
        "row 3",
        {
            "with a token": lambda seconds: wrk(scene.server, HOME, seconds=seconds, headers=token),
            "without": lambda seconds: wrk(scene.server, HOME, seconds=seconds),
            "include=viewer": lambda seconds: scene.read_as_users(scene.server, flags, seconds),
        },
    )
    scene.database.query("delete from reactions")
    scene.database.vacuum_and_checkpoint()
    viewers = rates(measured.pop("include=viewer"))
    lines = compared(measured, rates, {"without": Target("≥", 0.9)})
    ratios = divided(viewers, rates(measured["without"]))
    lines.append(Line("include=viewer, random users; ÷ without", viewers, "/s", ratios, Target("≥", 0.5)))
    return Row(3, "GET home with a valid token", lines)


def one_activity(scene: Scene) -> Row:
    variables = {**OLDEST_FIRST, "activities": scene.size.activities}
    measured = scene.in_turn(
        "row 4",
        {
            "server": lambda seconds: random_paths(scene, scene.activity_paths, seconds),
            "pgbench": lambda seconds: pgbench(scene.database, script("find_thread"), variables, seconds=seconds),
            "of a thousand": lambda seconds: random_paths(scene, scene.hot_activity_paths, seconds),
            "constant body": lambda seconds: wrk(scene.constant, CONSTANT, seconds=seconds),
        },
    )
    hot = rates(measured.pop("of a thousand"))
    ratios = divided(hot, rates(measured["constant body"]))
    lines = compared(measured, rates, {"pgbench": Target("≥", 2)})
    lines.append(Line("of a thousand; ÷ constant body", hot, "/s", ratios, Target("≥", 0.7)))
    return Row(4, "GET one activity, random, 64 connections", lines)


def user_page(scene: Scene) -> Row:
    """Users' pages while one client posts, each time as another user."""
    variables = {**NEWEST_FIRST, "users": USERS}

    def beside_posts(seconds: int) -> Measured:
        with one_client_posts(scene, scene.server, seconds):
            return random_paths(scene, scene.user_paths, seconds)

    measured = scene.in_turn(
        "row 5",
        {
            "server": beside_posts,
            "pgbench": lambda seconds: pgbench(scene.database, script("list_by_user"), variables, seconds=seconds),
            "constant body": lambda seconds: wrk(scene.constant, CONSTANT, seconds=seconds),
            "server, without posts": lambda seconds: random_paths(scene, scene.user_paths, seconds),
        },
    )
    delete_posts(scene)
    targets = {"pgbench": Target("≥", 5), "constant body": Target("≥", 0.5)}
    return Row(5, "GET a user's page, random, while one client posts, 64 connections", compared(measured, rates, targets))


def random_paths(scene: Scene, paths: Path, seconds: int) -> Measured:
    return wrk(scene.server, seconds=seconds, script="paths", arguments=(paths,))


def post(scene: Scene) -> Row:
    variables = {"writers": scene.size.writers, "message": MESSAGE, "seconds": MONTH}
    insert = script("insert_activity")
    # The same statement, into a table with a key and a foreign key only.
    plain = insert.replace("insert into activities", "insert into plain_activities")
    require(plain != insert, "insert_activity.sql does not insert into activities")
    scene.database.query(script("create_plain_table"))
    before = stored(scene)
    measured = scene.in_turn(
        "row 6",
        {
            "server": lambda seconds: scene.post(scene.server, seconds),
            "pgbench": lambda seconds: pgbench(scene.database, insert, variables, seconds=seconds),
            "pgbench, plain table": lambda seconds: pgbench(scene.database, plain, variables, seconds=seconds),
        },
    )
    answered = sum(round(one.rate * scene.size.seconds) for one in measured["server"])
    require(stored(scene) - before >= answered, "fewer activities were stored than posts answered")
    targets = {"pgbench": Target("≥", 2.5), "pgbench, plain table": Target("≥", 1.5)}
    lines = compared(measured, rates, targets)
    p50, p99 = halves(measured["server"]), [one.p99 for one in measured["server"]]
    lines += [
        Line("server's p99", p99, "ms"),
        Line("server's p50; p99 ÷ p50", p50, "ms", divided(p99, p50), Target("≤", 5)),
    ]
    say(f"row 6: {scene.size.sustained} s without a pause")
    with repeated(lambda: find_own_post(scene), 0.5):
        sustained = scene.post(scene.server, scene.size.sustained)
    for name in ("pgbench", "pgbench, plain table"):
        ratio = sustained.rate / median(rates(measured[name]))
        what = f"{scene.size.sustained} s, all posts findable; ÷ {name}"
        lines.append(Line(what, [sustained.rate], "/s", [ratio], targets[name]))
    unindexed = scene.database.query("select coalesce(sum(activities), 0) from search_tail")
    scene.database.query("drop table plain_activities")
    scene.database.wait_until_indexed()
    scene.database.vacuum_and_checkpoint()
    note = f"{int(unindexed):,} activities were not indexed at the end"
    return Row(6, "POST activity, token, durable, 64 connections", lines, note)


def find_own_post(scene: Scene) -> None:
    """Posts a word that no other activity has, and searches for it."""
    word = f"needle{uuid.uuid4().hex}"
    posted = post_one(scene, word)
    found = json.loads(scene.server.check(f"/api/activities/search?term={word}&limit=20"))
    ids = [activity["uuid"] for activity in found]
    require(ids == [posted], "a post is not found at once")


def size(scene: Scene) -> Row:
    what = "GET home by the size of the table, 1 connection, p50"
    if scene.size is QUICK:
        return Row(7, what, note="the full run loads the data for it")
    standing = {f"{LARGE:,} rows": scene.large} if scene.with_ten_million else {}
    standing[f"{scene.size.activities:,} rows"] = scene.standing
    standing[f"{SMALL:,} rows"] = scene.embedded(SMALL)
    served = scene.in_turn("row 7", {name: alone(server, HOME) for name, (server, _) in standing.items()})
    # The server reads a known page again only after a change; pgbench's statement always reads it.
    read = scene.in_turn(
        "row 7", {f"pgbench, {name}": home_statement(database) for name, (_, database) in standing.items()}
    )
    # The target is for ten million rows; with fewer the ratio is printed without one.
    if scene.with_ten_million:
        targets = {f"{SMALL:,} rows": Target("≤", 1.2), f"pgbench, {SMALL:,} rows": Target("≤", 1.2)}
        note = ""
    else:
        targets, note = {}, "10,000,000 rows only with --ten-million; no verdict"
    return Row(7, what, compared(served, halves, targets) + compared(read, halves, targets), note)


def home_statement(database: Database) -> Callable[[int], Measured]:
    """Home's statement, run by one client."""
    return lambda seconds: pgbench(database, home_script(), NEWEST_FIRST, seconds=seconds, clients=1)


def deep_page(scene: Scene) -> Row:
    page = min(DEEP_PAGE, scene.size.activities // 20 - 1)
    path = f"{HOME}&before={scene.database.cursor_of_page(page)}"
    scene.server.check(path)
    measured = scene.in_turn(
        "row 8", {f"page {page:,}": alone(scene.server, path), "page 1": alone(scene.server, HOME)}
    )
    lines = compared(measured, halves, {"page 1": Target("≤", 1.2)})
    return Row(8, "GET home far down, 1 connection, p50", lines)


def expired(scene: Scene) -> Row:
    moment = time.time() + scene.size.preparation
    say("row 9: preparing")
    expiring = scene.size.expiring
    scene.database.query(script("insert_expiring"), rows=expiring, users=USERS, moment=moment)
    scene.database.vacuum_and_checkpoint()
    newest = scene.server.check(HOME)
    measure = alone(scene.server, HOME)
    before = measure(2)
    require(time.time() < moment, "the rows expired before the measurement: increase the preparation time")
    time.sleep(moment - time.time() + 0.11)
    at_once = measure(1)
    require(scene.server.check(HOME) != newest, "nothing has expired")
    say("row 9: the purge")
    while time.time() < moment + PURGE_PATIENCE and left_expired(scene):
        time.sleep(0.5)
    left = left_expired(scene)
    after = measure(2)
    lines = [
        Line("after the purge, or 30 s", [after.p50], "ms"),
        Line("before", [before.p50], "ms", [after.p50 / before.p50], Target("≤", 2)),
        Line("at once, p99", [at_once.p99], "ms", target=Target("≤", 50, " ms")),
        Line("at once, p50; ÷ before", [at_once.p50], "ms", [at_once.p50 / before.p50]),
        Line("at once, the longest", [at_once.max], "ms"),
    ]
    note = f"{left:,} expired rows were left at that time"
    return Row(9, f"GET home, the newest {expiring:,} just expired, 1 connection, p50", lines, note)


def search(scene: Scene) -> Row:
    old = scene.size.activities // 4
    scene.database.query(script("insert_old"), rows=old, users=USERS)
    scene.database.wait_until_indexed()
    scene.database.vacuum_and_checkpoint()
    long_ago = cursor(1_500_000_000_000_000, uuid.UUID(int=0))
    searches = {
        "in every activity": "activity",
        "in about one of ninety": "42",
        "in one old activity": str(scene.size.activities - 1),
        f"in {old:,} activities, all old": "tale",
        "two words of a quarter of these that never meet": "tale 0 chapter1",
        "in none": "nowhere",
        "in every activity, after years": f"activity&before={long_ago}",
    }
    paths = {name: f"/api/activities/search?limit=20&term={quote(term, safe='&=')}" for name, term in searches.items()}
    empty = ("two words of a quarter of these that never meet", "in none", "in every activity, after years")
    for name, path in paths.items():
        require((scene.server.check(path) == b"[]") == (name in empty), f"wrong matches for the word {name}")
    measured = scene.in_turn("row 10", {name: alone(scene.server, path, 4) for name, path in paths.items()})
    scene.database.query("delete from activities where message like 'Tale %'")
    scene.database.vacuum_and_checkpoint()
    lines = [
        Line(name, [one.p99 for one in rounds], "ms", target=Target("≤", 30, " ms"))
        for name, rounds in measured.items()
    ]
    return Row(10, "search for a word, 4 connections, p99", lines)


def memory(scene: Scene) -> Row:
    server = scene.beside()
    server.wait()
    time.sleep(2)
    idle = server.resident_bytes()
    seconds = scene.size.seconds
    loads = [
        lambda: wrk(server, HOME, seconds=seconds),
        lambda: wrk(server, seconds=seconds, script="paths", arguments=(scene.activity_paths,)),
        lambda: wrk(server, seconds=seconds, script="paths", arguments=(scene.user_paths,)),
        lambda: scene.post(server, seconds),
    ]
    with highest(server) as peak:
        for number, load in enumerate(loads, 1):
            say(f"row 11: load {number} of {len(loads)}")
            load()
    server.stop()
    lines = [
        Line("idle", [idle / 1e6], "MB", target=Target("≤", 25, " MB")),
        Line("the most under rows 1, 4, 5 and 6", [peak[0] / 1e6], "MB", target=Target("≤", 60, " MB")),
    ]
    return Row(11, "memory of the server process", lines)


def start(scene: Scene) -> Row:
    times = []
    for turn in range(5 if scene.size is QUICK else 20):
        say(f"row 12: start {turn + 1}")
        server = scene.beside()
        times.append(1000 * server.wait(0.001))
        server.stop()
    return Row(12, "from start to ready", [Line("server", times, "ms", target=Target("≤", 150, " ms"))])


def observed(scene: Scene) -> Row:
    settings = scene.collector.settings(TRACED)
    server = scene.beside(drained=True, RUST_LOG="info", **settings)
    server.wait()

    def scraped(seconds: int) -> Measured:
        with scraping(server):
            return wrk(server, HOME, seconds=seconds)

    measured = scene.in_turn(
        "row 13",
        {
            "logs, metrics and traces": scraped,
            "without": lambda seconds: wrk(scene.server, HOME, seconds=seconds),
        },
    )
    server.stop()
    require(scene.collector.exports > 0, "the collector received no trace")
    lines = compared(measured, rates, {"without": Target("≥", 0.92)})
    return Row(13, f"GET home with logs, metrics and {TRACED:.0%} traced", lines)


def likes(scene: Scene) -> Row:
    """All clients like one activity, whose count every like changes."""
    variables = {"writers": scene.size.writers}
    toggle = script("toggle_like")
    measured = scene.in_turn(
        "row 16",
        {
            "server": lambda seconds: scene.like(scene.server, seconds),
            "pgbench": lambda seconds: pgbench(scene.database, toggle, variables, seconds=seconds),
        },
    )
    require(wrong_counts(scene) == 0, "a count differs from the number of likes")
    lines = compared(measured, rates, {"pgbench": Target("≥", 2.5)})
    scene.database.query("delete from reactions")
    scene.database.vacuum_and_checkpoint()
    return Row(16, "PUT and DELETE like of one activity, token, durable, 64 connections", lines)


def index_under_load(scene: Scene) -> Row:
    """Home before and while an index is built as a migration builds it, with the same posts beside both."""
    what = "GET home while an index is built, 10,000,000 rows, 8 connections, p99"
    if not scene.with_ten_million:
        return Row(17, what, note=ONLY_LARGE)
    server, database = scene.large

    def p99() -> float:
        return home_beside_posts(scene, server, 5, clients=8).p99

    p99()
    say("row 17: before")
    before = [p99() for _ in range(3)]
    during: list[float] = []
    say("row 17: building the index")
    started = time.monotonic()
    with ThreadPoolExecutor(1) as thread:
        built = thread.submit(database.query, script("create_index"))
        while not built.done():
            during.append(p99())
        built.result()
    seconds = time.monotonic() - started
    database.query("drop index activities_measured_idx")
    ratios = [one / median(before) for one in during]
    lines = [
        Line("while it is built; ÷ the median before", during, "ms", ratios, Target("≤", 2)),
        Line("before", before, "ms"),
    ]
    return Row(17, what, lines, f"built in {seconds:.0f} s at most")


def inspected(scene: Scene) -> Row:
    """The command, its start included, while clients read home and post."""
    what = "db inspect beside 64 connections that read home, 10,000,000 rows"
    if not scene.with_ten_million:
        return Row(18, what, note=ONLY_LARGE)
    server, database = scene.large
    command = [str(scene.programs / "cruddur"), "db", "inspect", "--json"]
    environment = {"CONNECTION_URL": database.url}
    times: list[float] = []
    with beside(lambda: home_beside_posts(scene, server, 15)):
        for turn in range(5):
            say(f"row 18: report {turn + 1}")
            time.sleep(1)
            started = time.monotonic()
            done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
            times.append(1000 * (time.monotonic() - started))
            require(done.returncode == 0, f"db inspect: {done.stderr}")
            notes = [section["note"] for section in json.loads(done.stdout)["sections"] if section["note"]]
            require(not any("timed out" in note for note in notes), f"a part timed out: {notes}")
    return Row(18, what, [Line("the command", times, "ms", target=Target("≤", 2000, " ms"))])


def live(scene: Scene) -> Row:
    """Streams on home while a client posts once a second, then posts beside a thousand streams."""
    count, beside_count = scene.streams, min(scene.streams, 1_000)
    server = scene.server
    # The first post of the benchmark signs the tokens.
    post_one(scene)
    idle = server.resident_bytes()
    median_delays: list[float] = []
    last_delays: list[float] = []
    say(f"row 14: opening {count:,} streams")
    with Streams(scene.programs, server, count) as streams:
        memory = (server.resident_bytes() - idle) / count / 1000
        for turn in range(scene.size.live_posts):
            say(f"row 14: post {turn + 1}")
            began = time.time()
            told = streams.told("activity", post_one(scene))
            median_delays.append(1000 * (told.median - began))
            last_delays.append(1000 * (told.last - began))
            time.sleep(max(0.0, began + 1 - time.time()))
    last_delays.sort()

    def post_beside_streams(seconds: int) -> Measured:
        with Streams(scene.programs, server, beside_count):
            return scene.post(server, seconds)

    measured = scene.in_turn(
        "row 14",
        {f"posts beside {beside_count:,} streams": post_beside_streams, "posts": lambda seconds: scene.post(server, seconds)},
    )
    delete_posts(scene)
    lines = [
        Line("from a request to the last stream, p99", [percentile(last_delays, 0.99)], "ms", target=Target("≤", 250, " ms")),
        Line("from a request to the median stream, p50", median_delays, "ms", target=Target("≤", 50, " ms")),
        Line("memory of the server for each", [memory], "KB", target=Target("≤", 8, " KB")),
        *compared(measured, rates, {"posts": Target("≥", 0.9)}),
    ]
    return Row(14, f"{count:,} streams on home, a post a second", lines)


def post_one(scene: Scene, message: str = MESSAGE) -> str:
    """Posts as one user, and returns the id."""
    headers = {"Authorization": f"Bearer {scene.tokens[0]}", "Content-Type": "application/json"}
    body = json.dumps({"message": message, "ttl": "30-days"}).encode()
    status, answer = scene.server.request("POST", "/api/activities", headers, body)
    require(status < 300, f"a post is refused: {status}")
    return json.loads(answer)["uuid"]


def percentile(ordered: list[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def expiring_on_streams(scene: Scene) -> Row:
    """Activities that expire one after the other, on a hundred streams."""
    delays: list[float] = []
    with Streams(scene.programs, scene.server, 100) as streams:
        rows = scene.database.query(script("insert_short_lived"), rows=scene.size.short_lived, users=USERS)
        for row in rows.split():
            uuid_, expiry = row.split("|")
            delays.append(1000 * (streams.told("expired", uuid_).last - float(expiry)))
    delays.sort()
    lines = [
        Line("to the last of 100 streams, p99", [percentile(delays, 0.99)], "ms", target=Target("≤", 100, " ms")),
        Line("p50", [median(delays)], "ms"),
        Line("the shortest", [delays[0]], "ms"),
    ]
    return Row(15, "an expiry, after its instant", lines)


# In this order, because the rows that add data must run last.
ROWS: dict[int, Callable[[Scene], Row]] = {
    1: home,
    2: home_alone,
    3: home_with_token,
    4: one_activity,
    5: user_page,
    7: size,
    8: deep_page,
    10: search,
    12: start,
    13: observed,
    14: live,
    15: expiring_on_streams,
    16: likes,
    17: index_under_load,
    18: inspected,
    9: expired,
    6: post,
    11: memory,
}


def stored(scene: Scene) -> int:
    return int(scene.database.query("select count(*) from activities"))


def wrong_counts(scene: Scene) -> int:
    statement = """
        select count(*)
        from activities
        left join (select activity_uuid, count(*) from reactions group by activity_uuid) as counted
            on counted.activity_uuid = activities.uuid
        where activities.likes_count <> coalesce(counted.count, 0)"""
    return int(scene.database.query(statement))


def left_expired(scene: Scene) -> int:
    return int(scene.database.query("select count(*) from activities where expires_at <= now()"))
