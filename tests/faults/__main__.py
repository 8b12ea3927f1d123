"""The command line of `bin/test-faults`: runs the rows one after the other and prints the table."""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import resource
import signal
import sys
import time
import traceback
from pathlib import Path

from comparison.processes import Broken

from .rows import DEFAULT, ROWS
from .scene import Scene, Template
from .table import Row, header, render

# The most seconds that all rows of a round may take, and one row.
ROUND_LIMIT = 15 * 60
ROW_LIMIT = 4 * 60


def main() -> int:
    options = parse()
    # A collection would stop all clients that measure for some milliseconds; what a row leaves behind is small.
    gc.disable()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    try:
        rows = asyncio.run(run(options))
    except Broken as broken:
        print(f"bin/test-faults: {broken}", file=sys.stderr)
        return 1
    except (KeyboardInterrupt, asyncio.CancelledError):
        return 130
    failed = sum(not row.holds() for row in rows)
    print(f"\n{len(rows) - failed} passed, {failed} failed")
    return 1 if failed else 0


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="bin/test-faults",
        description="Checks what must hold while the database, the network or clients misbehave.",
        epilog="Exit code: 0 every row holds, 1 a row fails. docs/contributing/faults.md describes the rows.",
    )
    parser.add_argument(
        "rows",
        nargs="*",
        type=known,
        metavar="ROW",
        help=f"some of {', '.join(ROWS)}; without one, all but mixed",
    )
    parser.add_argument("--rounds", type=int, default=1, metavar="N", help="runs every row N times")
    parser.add_argument(
        "--minutes", type=float, default=10, metavar="M", help="how long the row mixed lasts (default 10)"
    )
    return parser.parse_args()


def known(text: str) -> str:
    name = text if text in ROWS else text.upper()
    if name not in ROWS:
        raise argparse.ArgumentTypeError(f"there is no row {text}: the rows are {', '.join(ROWS)}")
    return name


async def run(options: argparse.Namespace) -> list[Row]:
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, task.cancel)
    template = Template(Path(os.environ["CRUDDUR"]))
    done: list[Row] = []
    try:
        await template.prepare()
        print(header(), flush=True)
        for turn in range(1, options.rounds + 1):
            until = time.monotonic() + ROUND_LIMIT + 60 * options.minutes * ("mixed" in options.rows)
            for name in options.rows or DEFAULT:
                row = Row(name if options.rounds == 1 else f"{name}.{turn}", ROWS[name].done)
                await measure(template, row, name, options, until)
                done.append(row)
                print(render(row), flush=True)
    finally:
        template.remove()
    return done


async def measure(template: Template, row: Row, name: str, options: argparse.Namespace, until: float) -> None:
    """Runs a row. What breaks it off is one more failed check."""
    started = time.monotonic()
    limit = 60 * options.minutes + ROW_LIMIT if name == "mixed" else ROW_LIMIT
    arguments = (options.minutes,) if name == "mixed" else ()
    try:
        with Scene(template, row) as scene:
            work = ROWS[name].measure(scene, row, *arguments)
            await asyncio.wait_for(work, max(1, min(limit, until - started)))
    except Broken as broken:
        row.expect("the row runs to its end", broken, False)
    except asyncio.TimeoutError:
        row.expect("the row runs to its end within its time", f"{time.monotonic() - started:.0f} s", False)
    except Exception as error:
        # A mistake in a row does not hide the rows after it.
        traceback.print_exc()
        row.expect("the row runs to its end", repr(error), False)
    row.seconds = time.monotonic() - started


if __name__ == "__main__":
    sys.exit(main())
