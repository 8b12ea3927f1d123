"""What bin/test-observe runs: checks infra/observe with promtool, a server and Prometheus."""

from __future__ import annotations

import argparse
import contextlib
import json
import math
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

FOLDER = Path("infra/observe")
DASHBOARD = FOLDER / "dashboard.json"
ALERTS = FOLDER / "alerts.yml"
REFERENCE = Path("docs/reference/metrics.md")
TOKEN = "a-token-of-operators-for-this-check-only"
NAME = re.compile(r"\bcruddur_\w+")
# The time of a rate; at least four scrapes, as Grafana chooses it.
RATE_INTERVAL = "10s"
SCRAPE_INTERVAL = "1s"
# How long Prometheus may take to have data for a panel.
PATIENCE = 60


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


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@contextlib.contextmanager
def running(command: list[str], log: Path, **options):
    with log.open("w") as out:
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, **options)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def request(url: str, method: str = "GET", body: object = None, token: str | None = None):
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    sent = urllib.request.Request(url, data=data, method=method, headers=headers)
    with urllib.request.urlopen(sent, timeout=10) as answer:
        text = answer.read()
    return json.loads(text) if text else None


def wait_for(what: str, is_there, process: subprocess.Popen | None, log: Path, seconds: float = 60):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError, ValueError):
            found = is_there()
            if found:
                return found
        if process is not None and process.poll() is not None:
            break
        time.sleep(0.2)
    tail = log.read_text()[-2000:] if log.exists() else ""
    sys.exit(f"{what} is missing:\n{tail}")


@contextlib.contextmanager
def server(work: Path):
    """A server with its own database."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    environment = {
        key: value for key, value in os.environ.items() if key not in ("CONNECTION_URL", "PROD_CONNECTION_URL")
    }
    environment |= {"PORT": str(port), "CRUDDUR_DATA_DIR": str(work / "data"), "ADMIN_TOKEN": TOKEN}
    log = work / "server.log"
    with running([os.environ["CRUDDUR"], "serve"], log, env=environment) as process:
        ready = lambda: request(f"{url}/readyz") is not None
        wait_for("a server that is ready", ready, process, log)
        yield url


class Load:
    """Clients that send requests of every kind until the end of the check, above the limit of reads, too."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.is_over = threading.Event()
        session = request(f"{url}/api/dev/session", "POST", {"handle": "andrewbrown"})
        self.token = session["token"]
        self.threads = [threading.Thread(target=work, daemon=True) for work in (self.read, self.read, self.write)]

    def __enter__(self) -> Load:
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_) -> None:
        self.is_over.set()
        for thread in self.threads:
            thread.join()

    def send(self, path: str, *arguments):
        # A refusal is meant: limits and wrong tokens have panels, too.
        with contextlib.suppress(urllib.error.HTTPError):
            return request(self.url + path, *arguments)
        return None

    def read(self) -> None:
        paths = ["home", "home?include=viewer", "search?term=cake", "@andrewbrown", "notifications"]
        while not self.is_over.is_set():
            for path in paths:
                self.send(f"/api/activities/{path}", "GET", None, self.token)
            self.send("/api/activities/home", "GET", None, "a-wrong-token")
            self.send("/admin/status", "GET", None, "a-wrong-token")
            self.send("/api/message_groups", "GET", None, self.token)

    def write(self) -> None:
        while not self.is_over.is_set():
            made = self.send("/api/activities", "POST", {"message": "measured", "ttl": "1-hour"}, self.token)
            if made:
                path = f"/api/activities/{made['uuid']}"
                self.send(f"{path}/reply", "POST", {"message": "indeed"}, self.token)
                self.send(f"{path}/like", "PUT", None, self.token)
                self.send(path, "GET", None, self.token)
            time.sleep(0.1)


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
                        "authorization": {"credentials": TOKEN},
                        "static_configs": [{"targets": [urllib.parse.urlsplit(target).netloc]}],
                    }
                ],
            }
        )
    )
    url = f"http://127.0.0.1:{free_port()}"
    command = [
        "prometheus",
        f"--config.file={config}",
        f"--storage.tsdb.path={work / 'prometheus'}",
        f"--web.listen-address={urllib.parse.urlsplit(url).netloc}",
        "--log.level=warn",
    ]
    log = work / "prometheus.log"
    with running(command, log) as process:
        wait_for("Prometheus", lambda: query(url, "up == 1"), process, log)
        yield url


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
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--server", help="the address of a server that serves requests")
    options = parser.parse_args()
    report = Report()
    check_files(report)
    with tempfile.TemporaryDirectory(prefix="cruddur-observe-") as folder, contextlib.ExitStack() as stack:
        work = Path(folder)
        # The database runs as another account if this one is root.
        work.chmod(0o755)
        if options.server:
            url = options.server
        else:
            url = stack.enter_context(server(work))
            stack.enter_context(Load(url))
        check_data(report, stack.enter_context(prometheus(work, url)))
    return report.end()


if __name__ == "__main__":
    sys.exit(main())
