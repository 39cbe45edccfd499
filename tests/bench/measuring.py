"""Rows of the table: what is run, how long it took, what it may take, and how it compares with a yardstick."""

import json
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from statistics import median

from tests.screening_answers import DEFINITIONS

MOST_RUNS = 1_000  # of one row; the median does not become better with more
# Beside each run, in the same minute on the same machine: Python reads the shipped screening as JSON.
YARDSTICK = "json.loads of the shipped screening"
_SCREENING = (DEFINITIONS / "ketamine-screening.json").read_bytes()


def nothing() -> None:
    """What most rows need before each run."""


@dataclass(frozen=True)
class Row:
    what: str
    run: Callable[[], object]
    budget: float | None = None  # milliseconds
    before: Callable[[], object] = nothing
    """Done before each run and not measured."""


@dataclass(frozen=True)
class Measured:
    row: Row
    milliseconds: float
    yardstick: float  # milliseconds
    runs: int

    @property
    def ratio(self) -> float:
        """How many times as long as the yardstick it took: the number to compare between machines."""
        return self.milliseconds / self.yardstick


def measure(row: Row, *, seconds: float, runs: int = 1) -> Measured:
    """Run it and the yardstick in turn for about so long, and so often at least."""
    row.before()
    row.run()  # what is done once for a process is done now
    took: list[float] = []
    beside: list[float] = []
    enough = time.monotonic() + seconds
    while len(took) < runs or (time.monotonic() < enough and len(took) < MOST_RUNS):
        row.before()
        took.append(seconds_of(row.run))
        beside.append(seconds_of(lambda: json.loads(_SCREENING)))
    return Measured(row, median(took) * 1_000, median(beside) * 1_000, len(took))


def seconds_of(run: Callable[[], object]) -> float:
    """By the clock: what the database takes is waited for too."""
    started = time.perf_counter()
    run()
    return time.perf_counter() - started


def table(measured: Iterable[Measured]) -> str:
    heads = ("Milliseconds", "this run", "budget", "ratio", "runs")
    lines = [
        (
            one.row.what,
            f"{one.milliseconds:.3f}",
            "" if one.row.budget is None else f"{one.row.budget:g}",
            f"{one.ratio:.3g}",
            str(one.runs),
        )
        for one in measured
    ]
    widths = [max(map(len, column)) for column in zip(heads, *lines, strict=True)]
    return "\n".join(
        [
            *(
                "  ".join(
                    cell.rjust(width) if place else cell.ljust(width)
                    for place, (cell, width) in enumerate(zip(line, widths, strict=True))
                ).rstrip()
                for line in (heads, *lines)
            ),
            "",
            f"Each number is the median. ratio: 1 is the yardstick, {YARDSTICK}, measured beside each run.",
        ]
    )
