"""Starts, observes and stops a program that listens on a port."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import time
from pathlib import Path

START_PATIENCE = 60
STOP_PATIENCE = 20


class Broken(Exception):
    """The comparison cannot continue; the text has the reason."""


class Server:
    """A process that gets only the named settings as its environment. Its log goes to a file, or without one
    to a pipe whose reader discards it. Without a port it gets a free one."""

    def __init__(
        self,
        command: list[str],
        settings: dict[str, str],
        log: Path | None,
        ready: str,
        port: int | None = None,
    ):
        self.port = port or free_port()
        self.ready = ready
        self.log = log
        self.log_reader = None if log else discarding_reader()
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "PG_BIN_DIR") if name in os.environ}
        self.started = time.monotonic()
        with log.open("wb") if log else self.log_reader.stdin as output:
            # A separate session, so that Ctrl-C reaches only this script, which stops the servers in order.
            self._process = subprocess.Popen(
                command,
                env={**kept, "PORT": str(self.port), **settings},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        return self._process.pid

    def is_running(self) -> bool:
        return self._process.poll() is None

    def signal(self, number: int) -> None:
        self._process.send_signal(number)

    def wait(self, interval: float = 0.05) -> float:
        """Waits, and returns the seconds from the start until the server was ready."""
        while time.monotonic() < self.started + START_PATIENCE:
            if self._process.poll() is not None:
                raise Broken(f"{self._process.args[0]} ended: {self.tail()}")
            try:
                if self.get(self.ready)[0] == 200:
                    return time.monotonic() - self.started
            except OSError:
                pass
            time.sleep(interval)
        raise Broken(f"{self._process.args[0]} is not ready after {START_PATIENCE} s: {self.tail()}")

    def get(self, path: str, headers: dict[str, str] | None = None) -> tuple[int, bytes]:
        return self.request("GET", path, headers)

    def request(
        self, method: str, path: str, headers: dict[str, str] | None = None, body: bytes | None = None
    ) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(method, path, body=body, headers=headers or {})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def check(self, path: str, headers: dict[str, str] | None = None) -> bytes:
        """The body of the response, whose status must be 200."""
        status, body = self.get(path, headers)
        if status != 200:
            raise Broken(f"GET {path} answers {status}: {body[:200]!r}")
        return body

    def resident_bytes(self) -> int:
        """The resident memory of the process."""
        answer = subprocess.run(
            ["ps", "-o", "rss=", "-p", str(self._process.pid)],
            capture_output=True,
            text=True,
            check=False,
        )
        if not answer.stdout.strip():
            raise Broken(f"{self._process.args[0]} ended: {self.tail()}")
        return int(answer.stdout) * 1024

    def stop(self) -> None:
        if self._process.poll() is None:
            self._process.terminate()
        try:
            self._process.wait(STOP_PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def tail(self) -> str:
        """The end of the log."""
        return self.log.read_text(errors="replace")[-2000:] if self.log else ""


def discarding_reader() -> subprocess.Popen[bytes]:
    """A process that reads a pipe, discards what it reads, and exits when the last writer closes the pipe."""
    return subprocess.Popen(
        ["cat"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, start_new_session=True
    )


def free_port() -> int:
    """A port of loopback that no process uses now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]
