"""Runs the load generators wrk and pgbench and parses their reports. A single failed request or transaction
makes the measurement fail."""

from __future__ import annotations

import json
import os
import re
import statistics
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from .database import ROOT, Database, program
from .processes import Broken, Server

CLIENTS = 64
THREADS = 2
# The session options of the server's own connections (src/db/connector.rs), so that both sides use the same
# plans.
SESSION = "-c jit=off -c plan_cache_mode=force_generic_plan -c enable_seqscan=off"


@dataclass(frozen=True)
class Measured:
    """One round; latencies in milliseconds."""

    rate: float
    p50: float = 0.0
    p99: float = 0.0
    max: float = 0.0


def wrk(
    server: Server,
    path: str = "",
    *,
    seconds: int,
    clients: int = CLIENTS,
    headers: dict[str, str] | None = None,
    script: str = "report",
    arguments: tuple[object, ...] = (),
) -> Measured:
    """Sends requests over keep-alive connections, each after the response to the previous one."""
    command = ["wrk", "-t", str(min(clients, THREADS)), "-c", str(clients), "-d", str(seconds)]
    command += ["-s", f"{script}.lua"]
    for name, value in (headers or {}).items():
        command += ["-H", f"{name}: {value}"]
    command += [server.url + path, "--", *map(str, arguments)]
    answer = subprocess.run(command, cwd=ROOT / "benches/wrk", capture_output=True, text=True, check=False)
    lines = answer.stdout.strip().splitlines()
    if answer.returncode != 0 or not lines or not lines[-1].startswith("{"):
        raise Broken(f"wrk {path}: {answer.stderr or answer.stdout}")
    said = json.loads(lines[-1])
    failed = {kind: count for kind, count in said["errors"].items() if count}
    if failed or said["requests"] == 0:
        raise Broken(f"wrk {path}: {said['requests']} requests, errors {failed}: {server.tail()}")
    return Measured(
        rate=said["requests"] / said["seconds"],
        p50=said["p50"] / 1000,
        p99=said["p99"] / 1000,
        max=said["max"] / 1000,
    )


def pgbench(
    database: Database, statement: str, variables: dict[str, object], *, seconds: int, clients: int = CLIENTS
) -> Measured:
    """Runs transactions, with the statement prepared once per connection."""
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "script.sql"
        script.write_text(statement)
        # The first second does not count: in it each connection loads the catalogs and plans the statement,
        # which the server's connections have done before.
        command = [program("pgbench"), "--host", str(database.socket), "--username", "cruddur"]
        command += ["--no-vacuum", "--protocol=prepared", f"--file={script}"]
        command += [f"--client={clients}", f"--jobs={min(clients, THREADS)}"]
        command += [f"--time={seconds + 1}", "--progress=1"]
        if clients == 1:
            command += ["--log", f"--log-prefix={folder}/latency"]
        for name, value in variables.items():
            command += [f"--define={name}={value}"]
        command += ["cruddur"]
        environment = {**os.environ, "PGOPTIONS": SESSION, "LC_ALL": "C"}
        answer = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if answer.returncode != 0 or "aborted" in answer.stderr:
            raise Broken(f"pgbench: {answer.stderr or answer.stdout}")
        rate = warm_rate(answer.stdout, answer.stderr)
        return Measured(rate, p50=median_of_logs(Path(folder)) if clients == 1 else 0.0)


def warm_rate(report: str, progress: str) -> float:
    """Transactions per second, without those of the first progress report."""
    failed = re.search(r"number of failed transactions: (\d+)", report)
    if failed and failed[1] != "0":
        raise Broken(f"pgbench: {report}")
    done = re.search(r"number of transactions actually processed: (\d+)", report)
    rate = re.search(r"^tps = ([\d.]+)", report, re.MULTILINE)
    first = re.search(r"^progress: ([\d.]+) s, ([\d.]+) tps", progress, re.MULTILINE)
    if not (done and rate and first):
        raise Broken(f"cannot parse the report of pgbench: {report}{progress}")
    cold_seconds = float(first[1])
    cold = cold_seconds * float(first[2])
    seconds = int(done[1]) / float(rate[1])
    return (int(done[1]) - cold) / (seconds - cold_seconds)


def median_of_logs(folder: Path) -> float:
    """The median in milliseconds; the log's third column has microseconds."""
    latencies = [
        int(line.split(" ")[2]) for log in folder.glob("latency.*") for line in log.read_text().splitlines()
    ]
    if not latencies:
        raise Broken("pgbench logged no latency")
    return statistics.median(latencies) / 1000
