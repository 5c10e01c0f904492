"""When a term ends: ``due(term, started_at, calendar, time_zone)``, a pure function with its derivation.

The rule of counting that terms here follow unless they say otherwise (Civil Code of Uzbekistan art. 146-149, of
Kyrgyzstan art. 192-195, Regulation 1182/71 art. 3): the day of the trigger is not counted, a term in working days counts
working days alone, an end on a day off moves to the next working day where the term says so (``roll``), and the last day
lasts until 24:00 local time. So an act is in time when it happened *before* ``due_at``, which is the first instant of the
next day.

This is the plain case, a term that nothing stops or lengthens; ``course`` follows one through its events.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any, Final
from zoneinfo import ZoneInfo

from gateway.domain.calendar import Calendar
from gateway.domain.counting import Longer, count
from gateway.domain.derivation import Due, Line, line_to_json
from gateway.domain.hours import count_hours, last_day
from gateway.domain.receipt import deemed_day
from gateway.domain.suspension import Held, covered_days, merged, midnight
from gateway.domain.term_json import term_from_json, term_to_json
from gateway.domain.term_rule import LastInstant, Term, Unit, flaws

__all__ = [
    "Due",
    "Line",
    "Stops",
    "closing_of",
    "due",
    "due_with",
    "line_to_json",
    "term_from_json",
    "term_to_json",
    "warning_at",
]

_DAY: Final = timedelta(days=1)
#: When a warning is due on its day, local time: people are there to act on it.
WARNING_TIME: Final = time(9)


@dataclass(frozen=True, slots=True)
class Stops:
    """What bears on a term besides its trigger: spans that hold it (as known at ``as_of``) and extensions, in order."""

    as_of: datetime
    held: tuple[Held, ...] = ()
    longer: tuple[Longer, ...] = ()


def due(term: Term, started_at: datetime, calendar: Calendar, time_zone: str, closing: time | None = None) -> Due:
    """Return when ``term`` ends that was triggered at ``started_at``.

    ``time_zone`` is the IANA name of the office's zone: the day of the trigger and 24:00 are its own. ``calendar`` is
    the one that ``term.calendar`` names (the caller resolves the office's default). ``closing`` is when the office closes
    (``closing_of``), needed where the last day of a term ends then. Raises ``ValueError`` for a naive time, an unknown
    zone (``ZoneInfoNotFoundError`` is a ``KeyError``), a rule that contradicts itself, or a closing time that is missing.
    """
    return due_with(term, started_at, calendar, time_zone, closing, None)


def due_with(
    term: Term, started_at: datetime, calendar: Calendar, time_zone: str, closing: time | None, stops: Stops | None
) -> Due:
    """As ``due``, with what stops and lengthens the term. Spans that still hold at ``stops.as_of`` count up to there."""
    if started_at.tzinfo is None:
        raise ValueError(f"started_at {started_at.isoformat()} has no time zone")
    _check(term, closing)
    zone = ZoneInfo(time_zone)
    local = started_at.astimezone(zone)
    read: set[date] = set()
    day, deemed = deemed_day(term, local, calendar, read)
    begun = (Line("started", {"at": local.isoformat(), "date": local.date().isoformat(), "trigger": term.start}), *deemed)
    said = () if stops is None else tuple(_told(span, stops.as_of, zone) for span in stops.held)
    if term.unit is Unit.HOURS:
        start = midnight(day, zone) if deemed else started_at
        return _in_hours(term, start, calendar, zone, read, (*begun, *said), stops)
    covered = covered_days(stops.held, stops.as_of, zone) if stops is not None else {}
    longer = stops.longer if stops is not None else ()
    if covered or longer:
        end = _from_day(term, day, calendar, zone, closing, covered, longer, read)
    else:
        end = _plain(term, day, calendar, zone, closing, frozenset(read))
    if end.due_at <= started_at:
        # It closed before the trigger came: the closing of the next day is the first that can be kept.
        end = _from_day(term, end.date + _DAY, calendar, zone, closing, covered, longer, read)
    rule, *derived = end.explanation
    return Due(end.due_at, end.raw, end.date, end.provisional, (rule, *begun, *said, *derived))


def closing_of(hours: str) -> time:
    """Return when an office closes whose hours are like ``09:00-18:00`` (or ``18:00`` alone); 24:00 is ``time.min``."""
    end = hours.rpartition("-")[2]
    return time.min if end == "24:00" else time.fromisoformat(end)


@lru_cache(maxsize=1024)  # a rule is checked once
def _check(term: Term, closing: time | None) -> None:
    if found := flaws(term):
        raise ValueError("; ".join(f"{flaw.key}: {flaw.message}" for flaw in found))
    if term.last_instant is LastInstant.CLOSING and closing is None:
        raise ValueError("the last day ends when the office closes: its closing time is needed")


@lru_cache(maxsize=4096)  # cases that come in on one day share what is derived from the day
def _plain(term: Term, start: date, calendar: Calendar, zone: ZoneInfo, closing: time | None, read: frozenset[date]) -> Due:
    return _from_day(term, start, calendar, zone, closing, {}, (), read)


def _from_day(
    term: Term,
    start: date,
    calendar: Calendar,
    zone: ZoneInfo,
    closing: time | None,
    covered: Mapping[date, str],
    longer: Sequence[Longer],
    read: set[date] | frozenset[date],
) -> Due:
    """Return the end of a term that counts from the local day ``start``, without the line that tells the time."""
    counted = count(term, start, calendar, covered, longer)
    due_at = midnight(counted.last + _DAY, zone)
    if term.last_instant is LastInstant.CLOSING and closing is not None and closing != time.min:  # 24:00 is midnight
        due_at = datetime.combine(counted.last, closing, zone).astimezone(UTC)
    lines = [_rule(term, calendar, zone), *counted.lines]
    lines.append(Line("last_instant", {"date": counted.last.isoformat(), "at": due_at.astimezone(zone).isoformat()}))
    return _due(due_at, counted.raw, counted.last, lines, calendar, counted.read | read)


def _in_hours(
    term: Term,
    start: datetime,
    calendar: Calendar,
    zone: ZoneInfo,
    read: set[date],
    begun: tuple[Line, ...],
    stops: Stops | None,
) -> Due:
    held = () if stops is None else merged(stops.held, stops.as_of)
    counted = count_hours(term, start.astimezone(UTC), held, () if stops is None else stops.longer, zone)
    day = last_day(counted.due_at, start, zone)
    lines = [_rule(term, calendar, zone), *begun, *counted.lines]
    lines.append(Line("last_instant", {"date": day.isoformat(), "at": counted.due_at.astimezone(zone).isoformat()}))
    return _due(counted.due_at, day, day, lines, calendar, read)


def _due(
    due_at: datetime, raw: date, last: date, lines: list[Line], calendar: Calendar, read: set[date] | frozenset[date]
) -> Due:
    uncertain = sorted({day.year for day in read if calendar.is_provisional(day)})
    if uncertain:
        lines.append(Line("provisional", {"years": uncertain}))
    return Due(due_at, raw, last, bool(uncertain), tuple(lines))


def _rule(term: Term, calendar: Calendar, zone: ZoneInfo) -> Line:
    said = {"length": term.length, "unit": str(term.unit), "calendar": calendar.id, "version": calendar.version}
    roll = term.roll and term.unit is not Unit.HOURS
    more = {"time_zone": zone.key, "roll": roll, "legal_basis": term.legal_basis, "first_day_counted": term.first_day_counted}
    since = {} if term.since is None else {"since": term.since.isoformat()}
    return Line("rule", said | more | since)


def _told(span: Held, as_of: datetime, zone: ZoneInfo) -> Line:
    said: dict[str, Any] = {"ground": span.ground, "from": span.start.astimezone(zone).isoformat()}
    holds = span.holds(as_of)
    said["to"] = None if holds else span.until(as_of).astimezone(zone).isoformat()
    said["lapsed"] = not holds and span.lapses_at is not None
    return Line("suspended", said)


def warning_at(
    term: Term, end: date, started_at: datetime, calendar: Calendar, time_zone: str, closing: time | None = None
) -> datetime | None:
    """Return when to warn that the term ends on ``end``: 09:00 local, ``term.warn_before`` working days before (UTC).

    A term too short for that is warned of at 09:00 of its last day; ``None`` when even that is not after the start,
    or the term wants no warning (``warn_before`` below 0). A term in hours may be over by 09:00 of its last day, and is
    warned of on an earlier one or not at all, and so is one whose last day ends when an office closes (``closing``) that
    does so by then.
    """
    if term.warn_before < 0:
        return None
    early, late = morning_before(term.warn_before, end, calendar, ZoneInfo(time_zone))
    closes = closing if term.last_instant is LastInstant.CLOSING else None
    if term.unit is Unit.HOURS or (closes is not None and time.min < closes <= WARNING_TIME):
        return early if started_at < early < late else None
    candidates = (early, late)
    return next((at for at in candidates if at > started_at), None)


@lru_cache(maxsize=4096)  # as above
def morning_before(before: int, end: date, calendar: Calendar, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return 09:00 of the day that is ``before`` working days before ``end``, and 09:00 of ``end`` (UTC)."""
    day = end
    for _ in range(before):
        day = calendar.roll_back(day - _DAY)
    early, late = (datetime.combine(candidate, WARNING_TIME, zone).astimezone(UTC) for candidate in (day, end))
    return early, late
