"""Where the marks of small charts stand. Numbers only; the templates draw them, and a table beside says the same."""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from intake.questionnaires.scoring import BY_KEY

WIDTH = 240  # units of the drawing
TREND_WIDTH, TREND_HEIGHT = 640, 180


@dataclass(frozen=True, slots=True)
class Band:
    name: str
    x: float
    width: float
    step: int
    """0 for the mildest; the drawing makes each darker than the one before."""


@dataclass(frozen=True, slots=True)
class BandChart:
    """One score on its scale, with the severity bands under it."""

    bands: tuple[Band, ...]
    mark: float
    maximum: int


def band_chart(score: Mapping[str, Any]) -> BandChart | None:
    """None for a score without points, or of an instrument whose scale we do not know.

    >>> chart = band_chart({"instrument": "gad7", "points": "7"})
    >>> chart.mark, [(band.name, round(band.x), round(band.width)) for band in chart.bands][:2]
    (80.0, [('minimal', 0, 57), ('mild', 57, 57)])
    """
    instrument, points = BY_KEY.get(score.get("instrument", "")), points_of(score)
    if instrument is None or points is None or not 0 <= points <= instrument.maximum:
        return None
    starts = [(low, name) for low, name in reversed(instrument.bands)] or [(0, "")]
    ends = [*(low for low, _ in starts[1:]), instrument.maximum]
    unit = WIDTH / instrument.maximum
    bands = tuple(
        Band(name, low * unit, (end - low) * unit, step)
        for step, ((low, name), end) in enumerate(zip(starts, ends, strict=True))
    )
    return BandChart(bands, float(points) * unit, instrument.maximum)


def points_of(score: Mapping[str, Any]) -> Decimal | None:
    try:
        points = None if score.get("points") is None else Decimal(score["points"])
    except (InvalidOperation, TypeError, ValueError):
        return None
    return points if points is not None and points.is_finite() else None


@dataclass(frozen=True, slots=True)
class Dot:
    x: float
    y: float
    at: datetime.datetime
    points: Decimal
    band: str


@dataclass(frozen=True, slots=True)
class Trend:
    """One instrument's totals over time."""

    name: str
    unit: str
    maximum: int
    dots: tuple[Dot, ...]

    @property
    def line(self) -> str:
        """For a polyline."""
        return " ".join(f"{dot.x:.1f},{dot.y:.1f}" for dot in self.dots)

    @property
    def in_words(self) -> str:
        first, last = self.dots[0], self.dots[-1]
        return f"{self.name}: from {first.points} to {last.points} of {self.maximum} ({self.unit})"


def trends(scores_at: Sequence[tuple[datetime.datetime, Sequence[Mapping[str, Any]]]]) -> list[Trend]:
    """For each instrument that was asked more than once; oldest first, the time to scale."""
    found: dict[str, list[tuple[datetime.datetime, Decimal, Mapping[str, Any]]]] = {}
    for at, scores in sorted(scores_at, key=lambda one: one[0]):
        for score in scores:
            points = points_of(score)
            if points is not None and score.get("instrument") in BY_KEY:
                found.setdefault(score["instrument"], []).append((at, points, score))
    return [trend(key, rows) for key, rows in found.items() if len(rows) > 1]


def trend(key: str, rows: Sequence[tuple[datetime.datetime, Decimal, Mapping[str, Any]]]) -> Trend:
    instrument, first, last = BY_KEY[key], rows[0][0], rows[-1][0]
    span = max((last - first).total_seconds(), 1.0)
    dots = tuple(
        Dot(
            x=20 + (at - first).total_seconds() / span * (TREND_WIDTH - 40),
            y=TREND_HEIGHT - 20 - float(points) / instrument.maximum * (TREND_HEIGHT - 40),
            at=at,
            points=points,
            band=str(score.get("band", "")),
        )
        for at, points, score in rows
    )
    return Trend(instrument.name, instrument.unit, instrument.maximum, dots)
