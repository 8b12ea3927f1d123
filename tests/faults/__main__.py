"""The command line of `bin/test-faults`."""

from __future__ import annotations

import argparse
import sys
from functools import partial

from .rows import DEFAULT, ROWS
from .runner import Fault, main

# The most seconds that all rows of a round may take.
ROUND_LIMIT = 15 * 60


def chosen(options: argparse.Namespace) -> dict[str, Fault]:
    """The rows to run. The row mixed lasts as long as the command line says."""
    faults = {name: ROWS[name] for name in options.rows or DEFAULT}
    if "mixed" in faults:
        mixed = faults["mixed"]
        measure = partial(mixed.measure, minutes=options.minutes)
        faults["mixed"] = Fault(mixed.done, measure, mixed.limit + 60 * options.minutes)
    return faults


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


if __name__ == "__main__":
    options = parse()
    limit = ROUND_LIMIT + 60 * options.minutes * ("mixed" in options.rows)
    sys.exit(main("bin/test-faults", chosen(options), options.rounds, limit))
