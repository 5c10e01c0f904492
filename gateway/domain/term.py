"""When a term ends: ``due(term, started_at, calendar, time_zone)``, a pure function with its derivation.

The rule of counting that all terms here follow (Civil Code of Uzbekistan art. 146–149, of Kyrgyzstan art. 192–195,
Regulation 1182/71 art. 3): the day of the trigger is not counted, a term in working days counts working days alone,
an end on a day off moves to the next working day where the term says so (``roll``), and the last day lasts until
24:00 local time. So an act is in time when it happened *before* ``due_at``, which is the first instant of the next day.

The derivation is data (a code and its parameters), told in words and languages elsewhere. Its ``counted`` lines add
up to the term's length.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any, Final
from zoneinfo import ZoneInfo

from gateway.domain.calendar import Calendar, Reason
from gateway.domain.service import Silence, Term, Unit

_DAY: Final = timedelta(days=1)
#: When a warning is due on its day, local time: people are there to act on it.
WARNING_TIME: Final = time(9)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a derivation. ``params`` are JSON values; dates and times in ISO 8601 (local to ``time_zone``).

    Codes: ``rule``, ``started``, ``counted``, ``not_counted``, ``raw_end``, ``rolled_over``, ``rolled``,
    ``last_instant``, ``provisional``.
    """

    code: str
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Due:
    """The end of a term. ``raw`` is the day the count ends on, ``date`` the last day after rolling, ``due_at`` (UTC)
    the first instant that is too late. ``provisional``: a day it depends on lies in a year without a decree."""

    due_at: datetime
    raw: date
    date: date
    provisional: bool
    explanation: tuple[Line, ...]


def due(term: Term, started_at: datetime, calendar: Calendar, time_zone: str) -> Due:
    """Return when ``term`` ends that was triggered at ``started_at``.

    ``time_zone`` is the IANA name of the office's zone: the day of the trigger and 24:00 are its own. ``calendar`` is
    the one that ``term.calendar`` names (the caller resolves the office's default). Raises ``ValueError`` for a naive
    time, an unknown zone (``ZoneInfoNotFoundError`` is a ``KeyError``) or a negative length.
    """
    if started_at.tzinfo is None:
        raise ValueError(f"started_at {started_at.isoformat()} has no time zone")
    if term.length < 0:
        raise ValueError(f"a term cannot be {term.length} {term.unit} long")
    zone = ZoneInfo(time_zone)
    started = started_at.astimezone(zone)
    end = _from_day(term, started.date(), calendar, zone)
    begun = Line("started", {"at": started.isoformat(), "date": started.date().isoformat(), "trigger": term.start})
    rule, *derived = end.explanation
    return replace(end, explanation=(rule, begun, *derived))


@lru_cache(maxsize=4096)  # cases that come in on one day share what is derived from the day
def _from_day(term: Term, start: date, calendar: Calendar, zone: ZoneInfo) -> Due:
    """Return the end of a term triggered some time on the local day ``start``, without the line that tells the time."""
    read: set[date] = set()  # the days whose status the answer depends on
    lines = [
        Line(
            "rule",
            {
                "length": term.length,
                "unit": str(term.unit),
                "calendar": calendar.id,
                "version": calendar.version,
                "time_zone": zone.key,
                "roll": term.roll,
                "legal_basis": term.legal_basis,
            },
        )
    ]
    if term.unit is Unit.WORKING_DAYS:
        raw = _count_working_days(term.length, start, calendar, lines, read)
    else:
        raw = start + term.length * _DAY
        if term.length:
            lines.append(_counted(start + _DAY, raw))
    lines.append(Line("raw_end", {"date": raw.isoformat()}))
    last = _roll(raw, calendar, lines, read) if term.roll else raw
    due_at = _midnight_after(last, zone)
    lines.append(Line("last_instant", {"date": last.isoformat(), "at": due_at.astimezone(zone).isoformat()}))
    uncertain = sorted({day.year for day in read if calendar.is_provisional(day)})
    if uncertain:
        lines.append(Line("provisional", {"years": uncertain}))
    return Due(due_at, raw, last, bool(uncertain), tuple(lines))


def warning_at(term: Term, end: date, started_at: datetime, calendar: Calendar, time_zone: str) -> datetime | None:
    """Return when to warn that the term ends on ``end``: 09:00 local, ``term.warn_before`` working days before (UTC).

    A term too short for that is warned of at 09:00 of its last day; ``None`` when even that is not after the start,
    or the term wants no warning (``warn_before`` below 0).
    """
    if term.warn_before < 0:
        return None
    candidates = _warnings(term.warn_before, end, calendar, ZoneInfo(time_zone))
    return next((at for at in candidates if at > started_at), None)


@lru_cache(maxsize=4096)  # as above
def _warnings(before: int, end: date, calendar: Calendar, zone: ZoneInfo) -> tuple[datetime, datetime]:
    day = end
    for _ in range(before):
        day = calendar.roll_back(day - _DAY)
    early, late = (datetime.combine(candidate, WARNING_TIME, zone).astimezone(UTC) for candidate in (day, end))
    return early, late


def term_to_json(term: Term) -> dict[str, Any]:
    """Return the term as a JSON object with every key, as a clock pins it."""
    return {
        "length": term.length,
        "unit": str(term.unit),
        "calendar": term.calendar,
        "start": term.start,
        "ends_with": term.ends_with,
        "silence": str(term.silence),
        "roll": term.roll,
        "warn_before": term.warn_before,
        "legal_basis": term.legal_basis,
    }


def term_from_json(value: Mapping[str, Any]) -> Term:
    """Return the term that ``term_to_json`` wrote. Raises ``ValueError`` or ``TypeError`` when it is not one."""
    given = dict(value)
    return Term(unit=Unit(given.pop("unit")), silence=Silence(given.pop("silence", Silence.NOTHING)), **given)


def _count_working_days(length: int, start: date, calendar: Calendar, lines: list[Line], read: set[date]) -> date:
    """Count ``length`` working days after ``start``; runs of like days become one line each."""
    day, counted = start, 0
    run: list[date] = []
    ground: Reason | None = None
    while counted < length:
        day += _DAY
        read.add(day)
        reason = calendar.reason(day)
        if ground is not None and reason != ground:
            lines.append(_run(run, ground))
            run = []
        ground = reason
        run.append(day)
        counted += reason.works
    if ground is not None:
        lines.append(_run(run, ground))
    return day


def _run(days: list[date], reason: Reason) -> Line:
    if reason.works:
        return _counted(days[0], days[-1], reason)
    return Line("not_counted", _span(days[0], days[-1]) | _ground(reason))


def _counted(first: date, last: date, reason: Reason | None = None) -> Line:
    return Line("counted", _span(first, last) | (_ground(reason) if reason is not None else {}))


def _span(first: date, last: date) -> dict[str, Any]:
    return {"from": first.isoformat(), "to": last.isoformat(), "days": (last - first).days + 1}


def _ground(reason: Reason) -> dict[str, Any]:
    ground: dict[str, Any] = {"why": str(reason.kind)}
    if reason.names:
        ground["names"] = dict(reason.names)
    if reason.decree:
        ground["decree"] = reason.decree
    if reason.other is not None:
        ground["other"] = reason.other.isoformat()
    return ground


def _roll(raw: date, calendar: Calendar, lines: list[Line], read: set[date]) -> date:
    last = calendar.roll_forward(raw)
    read.update(raw + n * _DAY for n in range((last - raw).days + 1))
    if last != raw:
        day = raw
        while day < last:
            lines.append(Line("rolled_over", {"date": day.isoformat()} | _ground(calendar.reason(day))))
            day += _DAY
        lines.append(Line("rolled", {"from": raw.isoformat(), "to": last.isoformat()}))
    return last


def _midnight_after(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day + _DAY, time.min, zone).astimezone(UTC)
