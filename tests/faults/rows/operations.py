"""A restore breaks half way, and the reader of the log stops."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import time
from pathlib import Path

from comparison.database import program
from comparison.processes import Broken

from ..attackers import flood
from ..beside import Beside
from ..client import get
from ..cluster import Cluster
from ..load import HOME, Load, mixed
from ..scene import Scene, ended
from ..table import Row

# Everything that a restore may change: rows, the stamp, tables, indexes, constraints and functions.
FINGERPRINT = """
select md5(string_agg(line, ' ' order by line)) from (
    select 'users ' || count(*) || md5(string_agg(handle, ' ' order by handle)) as line from users
    union all select 'activities ' || count(*) || md5(string_agg(uuid::text, ' ' order by uuid)) from activities
    union all select 'stamp ' || name from environment
    union all select 'relation ' || relname || relkind from pg_class where relnamespace = 'public'::regnamespace
    union all select 'constraint ' || conname from pg_constraint where connamespace = 'public'::regnamespace
    union all select 'function ' || proname from pg_proc where pronamespace = 'public'::regnamespace
) as lines
"""
# A table whose rows break their check when they are restored, after everything before them has been.
POISON = """
create function allowed() returns boolean language sql as 'select true';
create table zz_poison (n int check (allowed()));
insert into zz_poison values (1);
create or replace function allowed() returns boolean language sql as 'select false';
"""
FAILING = """#!/bin/sh
# pg_restore of a newer major: it reads the archive, and fails when it restores.
case "$*" in
  *--dbname*) echo 'pg_restore: error: could not execute query: ERROR:  unrecognized configuration parameter "transaction_timeout"' >&2; exit 1 ;;
esac
exec "{}" "$@"
"""
KILLED = """#!/bin/sh
# pg_restore that is killed half way.
case "$*" in
  *--dbname*) "{}" "$@" & sleep 0.3; kill -9 $! ; exit 137 ;;
esac
exec "{}" "$@"
"""


async def restore_breaks(scene: Scene, row: Row) -> None:
    source = await scene.cluster("source")
    archive = scene.folder / "whole.dump"
    backup = scene.command(source, "db", "backup", str(archive))
    if backup.returncode != 0:
        return row.expect("db backup writes an archive", backup.stderr.strip(), False)
    whole = archive.read_bytes()
    for share in (10, 50, 99):
        cut = scene.folder / f"cut-{share}.dump"
        cut.write_bytes(whole[: len(whole) * share // 100])
        await refuse(scene, row, f"an archive cut at {share} %", cut)
    await refuse(scene, row, "a pg_restore that fails", archive, PG_BIN_DIR=shim(scene, "failing", FAILING))
    await refuse(scene, row, "a pg_restore that is killed", archive, PG_BIN_DIR=shim(scene, "killed", KILLED))
    source.query(POISON)
    poisoned = scene.folder / "poisoned.dump"
    scene.command(source, "db", "backup", str(poisoned))
    await refuse(scene, row, "an archive whose rows break a check", poisoned)
    restored = scene.command(source, "db", "restore", str(archive), "--confirm", "cruddur")
    row.expect("a whole archive restores", f"exit code {restored.returncode}", restored.returncode == 0)
    drafts = [path.name for path in scene.folder.glob("*.draft")]
    row.expect("no draft file is left", drafts or "none", not drafts)


async def refuse(scene: Scene, row: Row, what: str, archive: Path, **settings: str) -> None:
    """Restores an archive over a production database, which must fail and change nothing."""
    cluster = await scene.cluster(what.replace(" ", "-"))
    cluster.query("update environment set name = 'production'")
    before = state(cluster)
    restored = await asyncio.to_thread(
        scene.command, cluster, "db", "restore", str(archive), "--confirm", "cruddur", **settings
    )
    after = state(cluster)
    dropped = scene.command(cluster, "db", "drop")
    changed = "unchanged" if after == before else after
    row.expect(
        f"{what}: the database is as it was, and db drop needs a confirmation",
        f"{changed}, restore exits with {restored.returncode}, drop with {dropped.returncode}",
        after == before and restored.returncode == 1 and dropped.returncode == 3,
    )
    cluster.stop()


def state(cluster: Cluster) -> str:
    databases = (
        "select string_agg(datname, ' ' order by datname) from pg_database where datname like '%cruddur%'"
    )
    try:
        return cluster.query(FINGERPRINT) + " " + cluster.query(databases)
    except Broken as broken:
        # A table is missing, or the database.
        return str(broken).splitlines()[0]


def shim(scene: Scene, name: str, script: str) -> str:
    """A folder with PostgreSQL's programs, of which pg_restore is replaced by a script."""
    folder = scene.folder / name
    folder.mkdir()
    real = Path(program("postgres")).parent
    for path in real.iterdir():
        (folder / path.name).symlink_to(path)
    (folder / "pg_restore").unlink()
    (folder / "pg_restore").write_text(script.replace("{}", str(real / "pg_restore")))
    (folder / "pg_restore").chmod(0o755)
    return str(folder)


async def log_stalls(scene: Scene, row: Row) -> None:
    cluster = await scene.cluster()
    server = await scene.server(cluster.url, drained=True, RUST_LOG="info")
    reader = server.log_reader
    scene.at_end(lambda: reader.send_signal(signal.SIGCONT))
    async with Load(server.port, mixed("F24"), 16, rate=100) as load:
        await asyncio.sleep(2)
        stalled = time.monotonic()
        os.kill(reader.pid, signal.SIGSTOP)
        # Enough lines for every buffer between the server and the reader.
        async with Beside(flood, server.port, [HOME], 32, 2_500) as beside:
            await asyncio.sleep(15)
        metrics = await get(server.port, "/metrics", patience=3)
        live = await get(server.port, "/livez", patience=3)
    after = load.outcomes.started_between(stalled, float("inf"))
    sent = len(after) + beside.result["sent"]
    row.expect("the server goes on", f"{sent:,} requests, {after.summary()}", after and not after.failures())
    row.at_most("a request", after.worst(), 1)
    row.expect("/livez answers", live.name, live.is_success)
    lost = re.findall(r"^(cruddur_\w*log\w*) (\d+)", metrics.body.decode(errors="replace"), re.MULTILINE)
    row.expect(
        "/metrics counts the dropped lines",
        ", ".join(f"{name} {count}" for name, count in lost) or f"no metric of the log ({metrics.name})",
        any(int(count) > 0 for _, count in lost),
    )
    stopped = time.monotonic()
    server.signal(signal.SIGTERM)
    row.at_most("it exits after SIGTERM", await ended(server, 15) - stopped, 10)
