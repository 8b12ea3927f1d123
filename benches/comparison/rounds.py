"""Rounds: measurements with work running beside them, and the table lines computed from them."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from typing import Callable, Iterator

from .generators import Measured, wrk
from .processes import Server
from .table import Line, Target


def compared(
    measured: dict[str, list[Measured]],
    figures: Callable[[list[Measured]], list[float]],
    targets: dict[str, Target],
) -> list[Line]:
    """A line for each side; a ratio is the first side divided by this one, for each round."""
    unit = "/s" if figures is rates else "ms"
    (first, ours), *others = ((name, figures(rounds)) for name, rounds in measured.items())
    return [Line(first, ours, unit)] + [
        Line(name, theirs, unit, divided(ours, theirs), targets.get(name)) for name, theirs in others
    ]


def rates(rounds: list[Measured]) -> list[float]:
    return [one.rate for one in rounds]


def halves(rounds: list[Measured]) -> list[float]:
    """The p50 of each round."""
    return [one.p50 for one in rounds]


def divided(ours: list[float], theirs: list[float]) -> list[float]:
    return [one / other for one, other in zip(ours, theirs)]


def alone(server: Server, path: str, clients: int = 1) -> Callable[[int], Measured]:
    return lambda seconds: wrk(server, path, seconds=seconds, clients=clients)


@contextmanager
def beside(work: Callable[[], object]) -> Iterator[None]:
    """Runs `work` once beside the block, and waits for both."""
    with ThreadPoolExecutor(1) as thread:
        other = thread.submit(work)
        yield
        other.result()


@contextmanager
def repeated(work: Callable[[], None], interval: float) -> Iterator[None]:
    """Runs `work` repeatedly beside the block."""
    ended = threading.Event()

    def repeat() -> None:
        while not ended.wait(interval):
            work()

    thread = threading.Thread(target=repeat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


@contextmanager
def highest(server: Server) -> Iterator[list[int]]:
    """The most resident memory of the server, sampled four times per second."""
    peak = [0]

    def look() -> None:
        peak[0] = max(peak[0], server.resident_bytes())

    with repeated(look, 0.25):
        yield peak


def scraping(server: Server) -> AbstractContextManager[None]:
    """Reads the metrics once per second, more often than Prometheus usually does."""
    return repeated(lambda: server.check("/metrics"), 1)
