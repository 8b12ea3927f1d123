"""Describes the machine, the build and the date of a run."""

from __future__ import annotations

import os
import platform
import subprocess
from datetime import datetime, timezone
from pathlib import Path

from .database import ROOT


def describe(postgres: str) -> dict[str, str]:
    commit = said("git", "rev-parse", "--short=10", "HEAD")
    if said("git", "status", "--porcelain", "--untracked-files=no"):
        commit += " with changes"
    return {
        "processor": f"{processor()}, {os.cpu_count()} cores",
        "memory": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.1f} GiB",
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "PostgreSQL": postgres,
        "build": f"release, {said('rustc', '--version')}, commit {commit}",
        "date": datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
    }


def processor() -> str:
    information = Path("/proc/cpuinfo")
    if information.is_file():
        for line in information.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return said("sysctl", "-n", "machdep.cpu.brand_string") or platform.machine()


def said(*command: str) -> str:
    """The standard output of a program; empty if it is not installed."""
    try:
        answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return ""
    return answer.stdout.strip()
