"""The command line of `benches/load`: parses the options, measures the rows, prints the table."""

from __future__ import annotations

import argparse
import json
import signal
import sys
from collections import Counter
from pathlib import Path

from comparison import machine
from comparison.processes import Broken
from comparison.rows import ROWS
from comparison.scene import FULL, QUICK, Scene, say
from comparison.table import MET, MISSED, NOT_RUN, Row, render

LEGEND = """\
Each figure is the median of {rounds} rounds of {seconds} s, in which the sides of a row run in turn.
A ratio is the row's first side divided by this side, computed for each round.
  server          cruddur as released, RATE_LIMIT=off, logs and traces off (row 13: on), embedded database with
                  fsync; wrk sends the requests over keep-alive connections, 2 threads for 64.
                  While one client posts, nearly every look finds a new activity
  constant body   the same server returning the bytes of home from memory, behind the same middleware
  pgbench         the statement for one key, prepared, with as many clients over the Unix socket and
                  the session options of the server's connections, hence with the same plans
  bare actix-web  the constant body without our middleware: for information
Data: 10,000 users, {activities:,} activities of about 110 characters, one in ten with 1 to 5 replies."""


def main() -> int:
    options = parse()
    size = QUICK if options.quick else FULL
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    rows: list[Row] = []
    broke_off = False
    try:
        with Scene(size, options.ten_million) as scene:
            about = machine.describe(scene.database.version())
            try:
                for number, measure in ROWS.items():
                    if number in options.only:
                        rows.append(measure(scene))
            except Broken as broken:
                # The rows measured before the error are still printed.
                print(f"benches/load: row {number}: {broken}", file=sys.stderr)
                broke_off = True
    except Broken as broken:
        print(f"benches/load: {broken}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    rows.sort(key=lambda row: row.number)
    report(about, rows, LEGEND.format(**vars(size)))
    if options.json:
        document = {"machine": about, "size": vars(size), "rows": [row.as_json() for row in rows]}
        options.json.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n")
    if broke_off:
        return 1
    return 2 if any(MISSED in row.verdicts() for row in rows) else 0


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="benches/load",
        description="Prints the speed table for this machine.",
        epilog="Exit code: 0 all targets met, 2 some missed, 1 an error on either side.",
    )
    parser.add_argument("--quick", action="store_true", help="little data, one short round: a minute")
    parser.add_argument("--only", type=numbers, default=set(ROWS), metavar="1,4,6", help="these rows")
    parser.add_argument("--ten-million", action="store_true", help="row 7 with 10,000,000 activities, too")
    parser.add_argument("--json", type=Path, metavar="FILE", help="every round's figures, too")
    return parser.parse_args()


def numbers(text: str) -> set[int]:
    chosen = {int(number) for number in text.split(",")}
    if not chosen <= set(ROWS):
        raise argparse.ArgumentTypeError(f"the rows are {min(ROWS)} to {max(ROWS)}")
    return chosen


def report(about: dict[str, str], rows: list[Row], legend: str) -> None:
    say("")
    for name, value in about.items():
        print(f"{name:<11} {value}")
    print(f"\n{render(rows)}\n\n{legend}\n")
    counted = Counter(verdict for row in rows for verdict in row.verdicts())
    print(", ".join(f"{counted[verdict]} {verdict}" for verdict in (MET, MISSED, NOT_RUN)))


if __name__ == "__main__":
    sys.exit(main())
