"""The first page: what needs a person now, what is due soon, how the agencies are, how much goes through."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from starlette.responses import Response

from gateway.application.overview import MOST_COUNTED, Count, Hour, Overview
from gateway.application.reads import CaseFilter, LaneState, Sort
from gateway.application.ways_out import WayOut, way_out
from gateway.console.pages import Pages
from gateway.console.parts import ConsoleParts
from gateway.console.visit import Visit
from gateway.domain.case import Case

pages = Pages()
_SHOWN: Final = 10
_SOON: Final = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class LaneHealth:
    """A lane as the overview tells it. ``health`` is ``open``, ``failing``, ``resting`` (the breaker) or ``paused``."""

    state: LaneState
    health: str

    @property
    def ill(self) -> bool:
        """Whether somebody should look at it."""
        return self.health != "open"


@dataclass(frozen=True, slots=True)
class First:
    """The overview with what its page lists: the cases that need attention (newest first) and those due (least time first)."""

    seen: Overview
    attention: Sequence[Case]
    due: Sequence[Case]
    lanes: Sequence[LaneHealth]

    @property
    def incidents(self) -> Sequence[tuple[str, Count, WayOut]]:
        """Open ones by kind, the most first, each with its way out."""
        by_count = sorted(self.seen.incidents.items(), key=lambda kind: (-kind[1].count, kind[0]))
        return [(kind, count, way_out(kind)) for kind, count in by_count]

    @property
    def all_incidents(self) -> Count:
        """All open ones; at least so many where a kind has more than are counted."""
        return _sum(self.seen.incidents.values())

    @property
    def received(self) -> Count:
        """What came in over all hours."""
        return _sum(_hourly(hour.received) for hour in self.seen.hours)

    @property
    def decided(self) -> Count:
        """What was decided in all hours, whenever it came in."""
        return _sum(_hourly(hour.decided) for hour in self.seen.hours)


def _hourly(count: int) -> Count:
    return Count(count, count >= MOST_COUNTED)


def _sum(counts: Iterable[Count]) -> Count:
    found = list(counts)
    return Count(sum(each.count for each in found), any(each.more for each in found))


async def overview(parts: ConsoleParts) -> First:
    """Read it: what both doors tell, and the beginnings of two lists of cases."""
    reads = parts.reads
    seen = await reads.overview()
    attention = await reads.cases(CaseFilter(needs_attention=True), "", _SHOWN)
    due = await reads.cases(CaseFilter(due_before=seen.at + _SOON), "", _SHOWN, sort=Sort.DUE)
    lanes = [LaneHealth(lane, health_of(lane, seen.at)) for lane in await reads.lanes()]
    return First(
        seen,
        attention.items,
        due.items,
        sorted(lanes, key=lambda lane: (not lane.ill, -lane.state.ready, lane.state.row.name)),
    )


def health_of(lane: LaneState, now: datetime) -> str:
    """Return the word for how a lane is."""
    row = lane.row
    if row.paused:
        return "paused"
    if row.rests_until is not None and now < row.rests_until:
        return "resting"
    return "failing" if row.failures else "open"


@dataclass(frozen=True, slots=True)
class Bar:
    """A column of the chart, in the units of its drawing."""

    hour: Hour
    x: int
    y: float
    height: float


def bars(hours: Sequence[Hour], height: int = 60) -> list[Bar]:
    """Return the columns of the chart; an hour in which something came in is never invisible."""
    most = max((hour.received for hour in hours), default=0) or 1
    found = []
    for place, hour in enumerate(hours):
        tall = max(2.0, round(height * hour.received / most, 1)) if hour.received else 0.0
        found.append(Bar(hour, place * 12, height - tall, tall))
    return found


@pages.get("/", all_cases=True)
async def show(visit: Visit) -> Response:
    """The first page of an operator."""
    found = await overview(visit.parts)
    titles: Mapping[str, str] = {lane.state.row.agency: visit.agency_title(lane.state.row.agency) for lane in found.lanes}
    return visit.render("overview.html", overview=found, bars=bars(found.seen.hours), titles=titles)
