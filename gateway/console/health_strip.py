"""The health of an agency's lanes over a day as a strip: one column an hour, outages as bars above it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from gateway.application.agency_history import History, Outage

HOURS: Final = 24
_HOUR: Final = timedelta(hours=1)
#: In the units of the drawing.
COLUMN: Final = 12
HEIGHT: Final = 44


@dataclass(frozen=True, slots=True)
class Hour:
    """An hour: how many attempts, how many of them failed. ``known``: all attempts of it are counted."""

    at: datetime
    tried: int
    failed: int
    known: bool

    @property
    def share(self) -> float:
        """The share of errors, 0 to 1."""
        return self.failed / self.tried if self.tried else 0.0

    @property
    def tone(self) -> str:
        """How it is told: ``none``, ``unknown``, ``good``, ``warn`` (some errors) or ``bad`` (half and more)."""
        if not self.tried:
            return "none" if self.known else "unknown"
        return "good" if not self.failed else "warn" if self.share < 0.5 else "bad"


@dataclass(frozen=True, slots=True)
class Column:
    """An hour in the drawing: what went well stands below, errors on top of it."""

    hour: Hour
    x: int
    good_y: float
    good_height: float
    bad_height: float


@dataclass(frozen=True, slots=True)
class Bar:
    """An outage in the drawing, cut to its width."""

    outage: Outage
    x: float
    width: float


@dataclass(frozen=True, slots=True)
class Strip:
    """The whole drawing. ``share`` is the share of errors over all hours, ``None`` when nothing was tried."""

    since: datetime
    columns: Sequence[Column]
    bars: Sequence[Bar]
    tried: int
    failed: int

    @property
    def share(self) -> float | None:
        """The share of errors, 0 to 1."""
        return self.failed / self.tried if self.tried else None

    @property
    def width(self) -> int:
        """The width of the drawing."""
        return len(self.columns) * COLUMN


def first_hour(now: datetime, hours: int = HOURS) -> datetime:
    """Return when the first of so many hours begins, the last being the one that runs."""
    return now.replace(minute=0, second=0, microsecond=0) - _HOUR * (hours - 1)


def hours_of(history: History, now: datetime, hours: int = HOURS, lane: str = "") -> list[Hour]:
    """Return the hours in order; of one lane or (empty) of all."""
    first = first_hour(now, hours)
    counts = [[0, 0] for _ in range(hours)]
    for tried in history.tried:
        place = int((tried.at - first) / _HOUR)
        if 0 <= place < hours and lane in ("", tried.lane):
            counts[place][0] += 1
            counts[place][1] += tried.failed
    whole = history.whole_since
    starts = [first + _HOUR * place for place in range(hours)]
    return [Hour(at, tried, failed, whole is None or at >= whole) for at, (tried, failed) in zip(starts, counts, strict=True)]


def lay_out(history: History, outages: Sequence[Outage], now: datetime, hours: int = HOURS) -> Strip:
    """Return the drawing; an hour in which something was tried is never invisible, nor is an outage."""
    found = hours_of(history, now, hours)
    most = max((hour.tried for hour in found), default=0) or 1
    columns = []
    for place, hour in enumerate(found):
        whole = _tall(hour.tried, most)
        bad = min(whole, max(2.0, round(whole * hour.share, 1))) if hour.failed else 0.0
        good = round(whole - bad, 1)
        columns.append(Column(hour, place * COLUMN, HEIGHT - good, good, bad))
    since = first_hour(now, hours)
    width = hours * COLUMN
    bars = []
    for outage in outages:
        start = max(0.0, (outage.since - since) / _HOUR * COLUMN)
        end = min(float(width), ((outage.until or now) - since) / _HOUR * COLUMN)
        if end > 0:
            start = min(start, width - 2.0)
            bars.append(Bar(outage, round(start, 1), round(max(2.0, end - start), 1)))
    return Strip(since, columns, bars, sum(h.tried for h in found), sum(h.failed for h in found))


def _tall(count: int, most: int) -> float:
    return max(2.0, round(HEIGHT * count / most, 1)) if count else 0.0
