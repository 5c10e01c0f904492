"""The overview: what needs a person now, what is due soon, how the agencies are, how much came in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from starlette.responses import Response

from gateway.application.reads import CaseFilter, LaneState
from gateway.console.pages import Pages
from gateway.console.parts import ConsoleParts
from gateway.console.visit import Visit
from gateway.domain.case import Case

pages = Pages()
_SHOWN: Final = 8
_SOON: Final = timedelta(days=3)
_DAY: Final = timedelta(hours=24)


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
class Overview:
    """``incidents`` are open ones by kind, the most first; ``due`` the earliest first; ``hours`` counts of the last 24 hours.

    ``running``: clocks that run, and how many of them end within a day.
    """

    incidents: Sequence[tuple[str, int]]
    attention: Sequence[Case]
    due: Sequence[Case]
    lanes: Sequence[LaneHealth]
    hours: Sequence[tuple[datetime, int]]
    received: int
    decided: int
    running: tuple[int, int]


async def overview(parts: ConsoleParts) -> Overview:
    """Read it. Every read is one statement that an index answers."""
    now, reads = parts.now(), parts.reads
    counts = await reads.counts("incidents")
    attention = await reads.cases(CaseFilter(needs_attention=True), "", _SHOWN)
    due = await reads.due_soon(now + _SOON, _SHOWN)
    hours = await reads.received_by_hour(now - _DAY)
    clocks = await reads.running_clocks(now + timedelta(days=1))
    lanes = [LaneHealth(lane, health_of(lane, now)) for lane in await reads.lanes()]
    by_hour = {hour.at: hour for hour in hours}
    first = (now - _DAY).replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    whole = [first + timedelta(hours=n) for n in range(24)]
    return Overview(
        incidents=sorted(counts["incidents"].items(), key=lambda kind: (-kind[1], kind[0])),
        attention=attention.items,
        due=due,
        lanes=sorted(lanes, key=lambda lane: (not lane.ill, -lane.state.ready, lane.state.row.name)),
        hours=[(at, by_hour[at].received if at in by_hour else 0) for at in whole],
        received=sum(hour.received for hour in hours),
        decided=sum(hour.decided for hour in hours),
        running=(sum(kind[0] for kind in clocks.values()), sum(kind[1] for kind in clocks.values())),
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

    at: datetime
    count: int
    x: int
    y: float
    height: float


def bars(hours: Sequence[tuple[datetime, int]], height: int = 60) -> list[Bar]:
    """Return the columns of the chart; an hour with something in it is never invisible."""
    most = max((count for _, count in hours), default=0) or 1
    found = []
    for place, (at, count) in enumerate(hours):
        tall = max(2.0, round(height * count / most, 1)) if count else 0.0
        found.append(Bar(at, count, place * 12, height - tall, tall))
    return found


@pages.get("/", all_cases=True)
async def show(visit: Visit) -> Response:
    """The first page of an operator."""
    found = await overview(visit.parts)
    titles: Mapping[str, str] = {lane.state.row.agency: visit.agency_title(lane.state.row.agency) for lane in found.lanes}
    return visit.render("overview.html", overview=found, bars=bars(found.hours), titles=titles)
