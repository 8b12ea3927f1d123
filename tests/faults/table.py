"""The printed table: a row for each fault, with a line for each thing that must hold."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass, field

HOLDS = "holds"
FAILS = "FAILS"
NOT_TRIED = "not tried"
MUST_WIDTH, MEASURED_WIDTH = 54, 46


@dataclass(frozen=True)
class Check:
    """One thing that must hold, what was measured, and the verdict."""

    must: str
    measured: str
    verdict: str


@dataclass
class Row:
    """A fault, and the checks made while it lasted and after it."""

    number: str
    done: str
    checks: list[Check] = field(default_factory=list)
    seconds: float = 0.0

    def expect(self, must: str, measured: object, holds: bool) -> None:
        self.checks.append(Check(must, str(measured), HOLDS if holds else FAILS))

    def not_tried(self, what: str, why: str) -> None:
        self.checks.append(Check(what, why, NOT_TRIED))

    def at_most(self, must: str, value: float, bound: float, unit: str = "s", more: str = "") -> None:
        """Expects `value` to be within `bound`; a missing value is infinite."""
        shown = "never" if value == float("inf") else f"{figure(value)} {unit}"
        self.expect(f"{must}: ≤ {bound:g} {unit}", f"{shown}{more and ', ' + more}", value <= bound)

    def holds(self) -> bool:
        verdicts = {check.verdict for check in self.checks}
        return HOLDS in verdicts and FAILS not in verdicts


def header() -> str:
    return line("must hold", "measured", "")


def render(row: Row) -> str:
    """The row as lines of text: its head, then its checks."""
    lines = [f"{row.number:<5} {row.done} ({row.seconds:.0f} s): {HOLDS if row.holds() else FAILS}"]
    lines += [line(check.must, check.measured, check.verdict) for check in row.checks]
    return "\n".join(lines)


def line(must: str, measured: str, verdict: str) -> str:
    """One line of the table; long cells take several lines of text."""
    left = textwrap.wrap(must, MUST_WIDTH) or [""]
    right = textwrap.wrap(measured, MEASURED_WIDTH) or [""]
    height = max(len(left), len(right))
    left += [""] * (height - len(left))
    right += [""] * (height - len(right))
    lines = [
        f"{'':<6}{one:<{MUST_WIDTH}}  {other:<{MEASURED_WIDTH}}  {verdict if at == 0 else ''}"
        for at, (one, other) in enumerate(zip(left, right))
    ]
    return "\n".join(text.rstrip() for text in lines)


def figure(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"
