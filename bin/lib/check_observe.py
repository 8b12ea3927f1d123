"""What bin/test-observe runs: checks infra/observe with promtool, a server under the load of `benches/load --quick`, and
Prometheus."""

from __future__ import annotations

import contextlib
import json
import math
import re
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

from comparison.processes import Broken, Server, free_port
from comparison.rows import ROWS
from comparison.scene import QUICK, Scene

FOLDER = Path("infra/observe")
DASHBOARD = FOLDER / "dashboard.json"
ALERTS = FOLDER / "alerts.yml"
REFERENCE = Path("docs/reference/metrics.md")
NAME = re.compile(r"\bcruddur_\w+")
# The time of a rate; at least four scrapes, as Grafana chooses it.
RATE_INTERVAL = "10s"
SCRAPE_INTERVAL = "1s"
# How long Prometheus may take to have data for a panel.
PATIENCE = 60
# The rows of benches/load that send requests to one server and need no program beside it: reads with and without a token,
# searches, likes and posts.
LOAD = [3, 8, 10, 16, 6]


class Report:
    def __init__(self) -> None:
        self.passed = self.failed = 0

    def note(self, name: str, problem: str | None) -> None:
        if problem is None:
            self.passed += 1
            print(f"ok: {name}")
        else:
            self.failed += 1
            print(f"FAILED: {name}: {problem}")

    def end(self) -> int:
        word = "FAILED" if self.failed else "ok"
        # bin/test parses this line.
        print(f"test result: {word}. {self.passed} passed; {self.failed} failed; 0 ignored")
        return 1 if self.failed else 0


def panels() -> list[tuple[str, str]]:
    """The title and each expression of the dashboard's panels."""
    dashboard = json.loads(DASHBOARD.read_text())
    return [
        (panel["title"], target["expr"])
        for panel in dashboard["panels"]
        for target in panel.get("targets", [])
    ]


def base_name(name: str) -> str:
    return re.sub(r"_(total|bucket|sum|count)$", "", name)


def check_files(report: Report) -> None:
    for arguments in (
        ["check", "config", str(FOLDER / "prometheus.yml")],
        ["check", "rules", str(ALERTS)],
        ["test", "rules", str(FOLDER / "alerts_test.yml")],
    ):
        done = subprocess.run(["promtool", *arguments], capture_output=True, text=True, check=False)
        problem = done.stdout + done.stderr if done.returncode else None
        report.note("promtool " + " ".join(arguments), problem)
    known = {base_name(name) for name in NAME.findall(REFERENCE.read_text())}
    for path in (DASHBOARD, ALERTS):
        unknown = {name for name in NAME.findall(path.read_text()) if base_name(name) not in known}
        problem = f"unknown: {', '.join(sorted(unknown))}" if unknown else None
        report.note(f"{path} names metrics of {REFERENCE} only", problem)
    tested = set(re.findall(r"alertname: (\w+)", (FOLDER / "alerts_test.yml").read_text()))
    alerts = set(re.findall(r"alert: (\w+)", ALERTS.read_text()))
    missing = ", ".join(sorted(alerts - tested))
    report.note("each alert is tested", f"not tested: {missing}" if missing else None)
    described = Path("docs/guide/observing.md").read_text()
    missing = ", ".join(sorted(name for name in alerts if f"`{name}`" not in described))
    report.note("docs/guide/observing.md explains each alert", f"missing: {missing}" if missing else None)


def request(url: str):
    with urllib.request.urlopen(url, timeout=10) as answer:
        return json.loads(answer.read())


class Load:
    """Measures the rows of benches/load again and again, until the end of the check."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.is_over = threading.Event()
        self.thread = threading.Thread(target=self.run)

    def __enter__(self) -> Load:
        self.thread.start()
        return self

    def __exit__(self, *_) -> None:
        self.is_over.set()
        self.thread.join()

    def run(self) -> None:
        while True:
            for number in LOAD:
                if self.is_over.is_set():
                    return
                try:
                    ROWS[number](self.scene)
                except Broken as broken:
                    # A busy machine fails a benchmark, and the next row still sends requests.
                    print(f"benches/load: row {number}: {broken}", file=sys.stderr)
                    self.is_over.wait(1)


@contextlib.contextmanager
def prometheus(work: Path, target: str):
    """Prometheus, which reads the metrics of the server each second and evaluates the alerts."""
    config = work / "prometheus.yml"
    config.write_text(
        json.dumps(
            {
                "global": {"scrape_interval": SCRAPE_INTERVAL, "evaluation_interval": SCRAPE_INTERVAL},
                "rule_files": [str(ALERTS.resolve())],
                "scrape_configs": [
                    {
                        "job_name": "cruddur",
                        "static_configs": [{"targets": [urllib.parse.urlsplit(target).netloc]}],
                    }
                ],
            }
        )
    )
    port = free_port()
    command = [
        "prometheus",
        f"--config.file={config}",
        f"--storage.tsdb.path={work / 'prometheus'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--log.level=warn",
    ]
    process = Server(command, {}, work / "prometheus.log", "/-/ready", port)
    try:
        process.wait()
        yield process.url
    finally:
        process.stop()


def query(url: str, expression: str) -> list[float]:
    """The values of an instant query that are numbers."""
    parameters = urllib.parse.urlencode({"query": expression})
    found = request(f"{url}/api/v1/query?{parameters}")["data"]["result"]
    values = [float(sample["value"][1]) for sample in found]
    return [value for value in values if math.isfinite(value)]


def find_data(url: str, expression: str, deadline: float) -> str | None:
    """Why an expression has no data; None where it has."""
    expression = expression.replace("$__rate_interval", RATE_INTERVAL)
    while True:
        try:
            if query(url, expression):
                return None
            problem = "no data"
        except urllib.error.HTTPError as error:
            problem = error.read().decode()
        if time.monotonic() > deadline:
            return f"{problem}: {expression}"
        time.sleep(0.5)


def check_data(report: Report, url: str) -> None:
    deadline = time.monotonic() + PATIENCE
    for title, expression in panels():
        report.note(f"panel {title}", find_data(url, expression, deadline))
    # It has no value without a configured rule.
    names = set(NAME.findall(ALERTS.read_text())) - {"cruddur_security_group_attempts_total"}
    for name in sorted(names):
        report.note(f"metric {name} of the alerts", find_data(url, name, deadline))


def main() -> int:
    report = Report()
    check_files(report)
    with contextlib.ExitStack() as stack:
        work = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="cruddur-observe-")))
        scene = stack.enter_context(Scene(QUICK))
        url = scene.server.url
        with Load(scene):
            check_data(report, stack.enter_context(prometheus(work, url)))
    return report.end()


if __name__ == "__main__":
    sys.exit(main())
