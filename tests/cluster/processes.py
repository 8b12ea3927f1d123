"""A program that is no server of ours: started with a log of its own, ended by its process id."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from pathlib import Path

from comparison.processes import Broken
from faults.cluster import account, own

STOP_PATIENCE = 10
# Debian has servers in folders that are not in every account's PATH.
SERVER_FOLDERS = "/usr/local/sbin:/usr/sbin:/sbin"


def installed(name: str) -> str:
    """The path of a program."""
    found = shutil.which(name, path=f"{os.environ['PATH']}:{SERVER_FOLDERS}")
    if not found:
        raise Broken(f"{name} is missing")
    return found


class Process:
    """A process in a folder that belongs to the account that PostgreSQL runs as, because PostgreSQL and its tools
    refuse to run as root."""

    def __init__(self, folder: Path, command: list[str], settings: dict[str, str] | None = None):
        self.folder = folder
        self.log = folder.with_suffix(".log")
        self._command = command
        self._settings = settings or {}
        self._process: subprocess.Popen[bytes] | None = None
        folder.mkdir(exist_ok=True)
        own(folder)

    def start(self) -> None:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", **self._settings},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                start_new_session=True,
                **account(),
            )

    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def pids(self) -> list[int]:
        """The processes to signal, the first one first."""
        return [self._process.pid] if self.is_running() else []

    def signal(self, number: int) -> None:
        if self.is_running():
            self._process.send_signal(number)

    def stop(self) -> None:
        if not self.is_running():
            return
        self._process.send_signal(signal.SIGCONT)
        self._process.terminate()
        try:
            self._process.wait(STOP_PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def kill(self) -> None:
        """SIGKILL, also to a process that is frozen, and waits for its end."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(STOP_PATIENCE)

    def tail(self) -> str:
        """The end of the log."""
        return self.log.read_text(errors="replace")[-1000:] if self.log.exists() else ""
