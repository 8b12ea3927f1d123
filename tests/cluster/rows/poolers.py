"""PgBouncer in transaction mode between the program and the database."""

from __future__ import annotations

import asyncio
import os
import subprocess
from pathlib import Path

from comparison.database import ROOT
from faults import pgbouncer
from faults.cluster import Cluster
from faults.pgbouncer import PgBouncer
from faults.rows.poolers import expect_home, is_red
from faults.scene import Scene
from faults.table import Row

from ..processes import installed

SIZE = 60


async def home_pooled(scene: Scene, row: Row, times: int) -> None:
    """Home through PgBouncer and home through a direct connection, by turns."""
    cluster = await scene.cluster(max_connections="200")
    program = Path(os.environ["PGBOUNCER"])
    pooler = started(scene, program, cluster)
    direct, pooled = await scene.server(cluster.url), await scene.server(pooler.url)
    await expect_home(row, name_of(program), pooled, direct, times)


async def old_pooler(scene: Scene, row: Row, times: int) -> None:
    """A PgBouncer that cannot work is named where operators look."""
    program = Path(installed("pgbouncer"))
    if pgbouncer.version(program) >= pgbouncer.KEEPS_STATEMENTS:
        return row.not_tried("PgBouncer before 1.21 is red", f"the system has {name_of(program)}")
    cluster = await scene.cluster(max_connections="200")
    pooler = started(scene, program, cluster)
    await is_red(row, name_of(program), scene.start_server(pooler.url))
    doctor = scene.command(cluster, "doctor", CONNECTION_URL=pooler.url)
    reds = [line for line in doctor.stdout.splitlines() if line.startswith("red")]
    row.expect(
        "doctor is red and names it",
        "; ".join(reds)[:200] or "no red line",
        doctor.returncode == 1 and "PgBouncer" in doctor.stdout,
    )


async def suite(scene: Scene, row: Row, times: int) -> None:
    """The tests of the API, whose servers reach their databases through PgBouncer."""
    command = ["cargo", "test", "--locked", "--workspace", "--no-fail-fast", "--test", "api"]
    # The tests wait more than they compute.
    command += ["--", f"--test-threads={2 * (os.cpu_count() or 1) - 1}"]
    environment = {**os.environ, "TEST_POOLER": os.environ["PGBOUNCER"]}
    tests = await asyncio.create_subprocess_exec(
        *command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    try:
        output, _ = await tests.communicate()
    finally:
        if tests.returncode is None:
            tests.terminate()
    lines = output.decode(errors="replace").splitlines()
    results = [line for line in lines if line.startswith("test result:")] or lines[-1:]
    failed = [line for line in lines if line.startswith("test ") and line.endswith("FAILED")]
    row.expect(
        f"every test of the API passes through {name_of(Path(os.environ['PGBOUNCER']))}",
        " ".join(results + failed[:5]),
        tests.returncode == 0,
    )


def started(scene: Scene, program: Path, cluster: Cluster) -> PgBouncer:
    pooler = PgBouncer(program, scene.folder / "pgbouncer", cluster, "transaction", SIZE)
    pooler.start()
    scene.at_end(pooler.stop)
    return pooler


def name_of(program: Path) -> str:
    return "PgBouncer {}.{}".format(*pgbouncer.version(program))
