"""Runs rows one after the other and prints the table: for `bin/test-faults` and `bin/test-cluster`."""

from __future__ import annotations

import asyncio
import gc
import os
import resource
import signal
import sys
import time
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import Awaitable, Callable

from comparison.processes import Broken

from .scene import Scene, Template
from .table import Row, header, render


@dataclass(frozen=True)
class Fault:
    """What is done, and the function that does it and checks what must hold. `limit` is the most seconds that it may
    take."""

    done: str
    measure: Callable[..., Awaitable[None]]
    limit: float = 4 * 60


def main(command: str, faults: dict[str, Fault], rounds: int, limit: float) -> int:
    """Runs the rows `rounds` times, each time within `limit` seconds; returns the exit code."""
    # A collection would stop all clients that measure for some milliseconds; what a row leaves behind is small.
    gc.disable()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    try:
        rows = asyncio.run(run(faults, rounds, limit))
    except Broken as broken:
        print(f"{command}: {broken}", file=sys.stderr)
        return 1
    except (KeyboardInterrupt, asyncio.CancelledError):
        return 130
    failed = sum(not row.holds() for row in rows)
    print(f"\n{len(rows) - failed} passed, {failed} failed")
    return 1 if failed else 0


async def run(faults: dict[str, Fault], rounds: int, limit: float) -> list[Row]:
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, task.cancel)
    template = Template(Path(os.environ["CRUDDUR"]))
    done: list[Row] = []
    try:
        await template.prepare()
        print(header(), flush=True)
        for turn in range(1, rounds + 1):
            until = time.monotonic() + limit
            for name, fault in faults.items():
                row = Row(name if rounds == 1 else f"{name}.{turn}", fault.done)
                await measure(template, row, fault, until)
                done.append(row)
                print(render(row), flush=True)
    finally:
        template.remove()
    return done


async def measure(template: Template, row: Row, fault: Fault, until: float) -> None:
    """Runs a row. What breaks it off is one more failed check."""
    started = time.monotonic()
    try:
        with Scene(template, row) as scene:
            await asyncio.wait_for(fault.measure(scene, row), max(1, min(fault.limit, until - started)))
    except Broken as broken:
        row.expect("the row runs to its end", broken, False)
    except asyncio.TimeoutError:
        row.expect("the row runs to its end within its time", f"{time.monotonic() - started:.0f} s", False)
    except Exception as error:
        # A mistake in a row does not hide the rows after it.
        traceback.print_exc()
        row.expect("the row runs to its end", repr(error), False)
    row.seconds = time.monotonic() - started
