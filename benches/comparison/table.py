"""The printed table: a row with a line for each side, compared with its target."""

from __future__ import annotations

import statistics
from dataclasses import dataclass, field

MET = "met"
MISSED = "MISSED"
NOT_RUN = "not run"

HEADER = ("#", "", "median", "min – max", "ratio", "min – max", "target", "")


@dataclass(frozen=True)
class Target:
    """A bound for the median."""

    sign: str
    bound: float
    unit: str = ""

    def __str__(self) -> str:
        return f"{self.sign} {self.bound:g}{self.unit}"

    def judge(self, values: list[float]) -> str:
        median = statistics.median(values)
        is_met = median >= self.bound if self.sign == "≥" else median <= self.bound
        return MET if is_met else MISSED


@dataclass(frozen=True)
class Line:
    """One side with a value for each round. `ratios` has the first side's value divided by this one, for each
    round. The target applies to the ratios if there are any, else to the values."""

    label: str
    values: list[float]
    unit: str = "/s"
    ratios: list[float] = field(default_factory=list)
    target: Target | None = None

    def verdict(self) -> str:
        return self.target.judge(self.ratios or self.values) if self.target else ""

    def cells(self) -> list[str]:
        return [
            "",
            f"  {self.label}",
            shown(statistics.median(self.values), self.unit),
            spread(self.values, self.unit),
            shown(statistics.median(self.ratios), "×") if self.ratios else "",
            spread(self.ratios, "×") if self.ratios else "",
            str(self.target or ""),
            self.verdict(),
        ]


@dataclass(frozen=True)
class Row:
    """A row of the table. A row without lines was not run; its note says why."""

    number: int
    what: str
    lines: list[Line] = field(default_factory=list)
    note: str = ""

    def verdicts(self) -> list[str]:
        return [verdict for line in self.lines if (verdict := line.verdict())] or [NOT_RUN]

    def as_json(self) -> dict:
        return {
            "number": self.number,
            "what": self.what,
            "note": self.note,
            "lines": [
                {
                    "label": line.label,
                    "unit": line.unit,
                    "values": line.values,
                    "ratios": line.ratios,
                    "target": str(line.target or ""),
                    "verdict": line.verdict(),
                }
                for line in self.lines
            ],
        }


def render(rows: list[Row]) -> str:
    """Formats the rows as text with aligned columns."""
    cells = [list(HEADER)]
    for row in rows:
        head = [str(row.number), row.what] + [""] * (len(HEADER) - 2)
        if not row.lines:
            head[-1] = NOT_RUN
        cells.append(head)
        cells += [line.cells() for line in row.lines]
        if row.note:
            cells.append(["", f"  ({row.note})"])
    table = [line for line in cells if len(line) == len(HEADER)]
    widths = [max(len(line[column]) for line in table) for column in range(len(HEADER))]
    return "\n".join(aligned(line, widths) for line in cells)


def aligned(line: list[str], widths: list[int]) -> str:
    """Aligns the description and the verdict left, every other cell right."""
    last = len(HEADER) - 1
    placed = [
        cell.ljust(width) if column in (1, last) else cell.rjust(width)
        for column, (cell, width) in enumerate(zip(line, widths))
    ]
    return "  ".join(placed).rstrip()


def spread(values: list[float], unit: str) -> str:
    return f"{figure(min(values), unit)} – {figure(max(values), unit)}"


def shown(value: float, unit: str) -> str:
    gap = "" if unit in ("/s", "×") else " "
    return f"{figure(value, unit)}{gap}{unit}"


def figure(value: float, unit: str) -> str:
    if unit == "/s":
        return f"{value:,.0f}"
    return f"{value:.1f}" if unit == "MB" else f"{value:.2f}" if unit == "×" else f"{value:.3f}"
