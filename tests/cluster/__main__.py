"""The command line of `bin/test-cluster`."""

from __future__ import annotations

import argparse
import sys

from faults.runner import main

from .rows import NAMES, chosen

# The most seconds that all rows of a round may take.
ROUND_LIMIT = 20 * 60


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="bin/test-cluster",
        description="Checks what must hold on more than one machine, with Patroni, HAProxy and PgBouncer.",
        epilog="Exit code: 0 every row holds, 1 a row fails. docs/contributing/cluster.md describes the rows.",
    )
    parser.add_argument(
        "rows",
        nargs="*",
        choices=[[], *NAMES],
        metavar="ROW",
        help=f"some of {', '.join(NAMES)}; without one, all",
    )
    parser.add_argument("--quick", action="store_true", help="fewer repetitions: a look before a commit")
    parser.add_argument("--rounds", type=int, default=1, metavar="N", help="runs every row N times")
    return parser.parse_args()


if __name__ == "__main__":
    options = parse()
    faults = chosen(options.rows, options.quick)
    sys.exit(main("bin/test-cluster", faults, options.rounds, ROUND_LIMIT))
