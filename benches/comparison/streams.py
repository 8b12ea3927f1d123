"""Opens streams of events and tells when they received an activity."""

from __future__ import annotations

import queue
import resource
import subprocess
import threading
from pathlib import Path
from typing import NamedTuple

from .processes import Broken, Server

# In seconds: for the next line of the program, which opens thousands of streams before the first.
PATIENCE = 60


class Told(NamedTuple):
    """When the first, the median and the last stream received an event, in seconds since 1970."""

    first: float
    median: float
    last: float


class Streams:
    """A context manager with `count` streams on `home`."""

    def __init__(self, programs: Path, server: Server, count: int):
        command = [str(programs / "streams"), str(server.port), str(count)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def __enter__(self) -> Streams:
        if (line := self._line()) != "open":
            raise Broken(f"the streams did not open: {line}")
        return self

    def __exit__(self, *_: object) -> None:
        self._process.stdin.close()
        self._process.wait()

    def told(self, event: str, uuid: str) -> Told:
        """Waits until all streams were told of the activity."""
        while True:
            name, told, *times = self._line().split()
            if (name, told) == (event, uuid):
                return Told(*(int(one) / 1e6 for one in times))

    def _line(self) -> str:
        try:
            return self._lines.get(timeout=PATIENCE)
        except queue.Empty:
            raise Broken(f"not all streams were told within {PATIENCE} s") from None

    def _read(self) -> None:
        for line in self._process.stdout:
            self._lines.put(line.strip())


def allow_descriptors(count: int) -> int:
    """Lets this process and those that it starts open this many files, or as many as the system permits; returns how
    many those are (ulimit -Hn)."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = max(soft, min(count, hard))
    if allowed < count:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (count, count))
            return count
        except (ValueError, OSError):
            pass
    resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    return allowed
