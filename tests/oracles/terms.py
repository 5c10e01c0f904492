"""A slow oracle of terms, straight from the definitions: no counter, no walking state, and nothing of ``gateway``.

"The last day is the first day by which N days have counted" is asked of every day anew; the end of a term in hours is
found by bisection; a corresponding day is looked for in every day of the months ahead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

DAY = timedelta(1)


@dataclass
class Rule:
    """A rule in plain words. ``maxima``: ground → (number, unit)."""

    length: int
    unit: str
    roll: bool = True
    first_day_counted: bool = False
    on_day_off: str = "as_is"
    cut_off: str = ""
    after_cut_off: str = "roll_forward"
    least_working_days: int = 0
    reset: bool = False
    extension_unit: str = "calendar_days"
    extension_from: str = "raw"
    maxima: dict[str, tuple[int, str]] = field(default_factory=dict)


@dataclass
class Happened:
    """Suspensions that are over, as (ground, from, to), and the lengths of the extensions, in order."""

    suspensions: Sequence[tuple[str, datetime, datetime]] = ()
    extensions: Sequence[int] = ()


@dataclass
class Answer:
    """The last day counted, the last day, and the first instant that is too late."""

    raw: date
    last: date
    due_at: datetime


def answer(
    rule: Rule, received: datetime, zone_name: str, works: Callable[[date], bool], happened: Happened, closing: time | None = None
) -> Answer:
    """Return when the term ends."""
    zone = ZoneInfo(zone_name)
    local = received.astimezone(zone)
    start = _start(rule, local, works)
    if rule.unit == "hours":
        begin = received if start == local.date() else datetime(start.year, start.month, start.day, tzinfo=zone)
        due_at = _hours(rule, begin.astimezone(UTC), _spans(rule, happened), happened.extensions)
        last = (due_at - timedelta(microseconds=1)).astimezone(zone).date()
        return Answer(last, last, due_at)
    away = _away(rule, happened, zone, works)
    raw, last = _days(rule, start, works, away, happened.extensions)
    midnight = last + DAY
    due_at = datetime(midnight.year, midnight.month, midnight.day, tzinfo=zone)
    if closing is not None:
        due_at = datetime.combine(last, closing, zone)
    return Answer(raw, last, due_at.astimezone(UTC))


def _start(rule: Rule, local: datetime, works: Callable[[date], bool]) -> date:
    """The day that a receipt counts as. A rule that looks for a working day after a cut-off looks for one on days off too."""
    late = bool(rule.cut_off) and local.strftime("%H:%M") >= rule.cut_off
    strict = rule.on_day_off == "roll_forward" or bool(rule.cut_off and rule.after_cut_off == "roll_forward")
    if not strict:
        return local.date() + DAY * late
    return next(d for d in _from(local.date()) if works(d) and not (late and d == local.date()))


def _from(day: date) -> Iterator[date]:
    while True:
        yield day
        day += DAY


def _days(
    rule: Rule, start: date, works: Callable[[date], bool], away: set[date], extensions: Sequence[int]
) -> tuple[date, date]:
    event, first = start, None
    if rule.first_day_counted:
        event, first = start - DAY, start
    pieces = [(rule.length, rule.unit), *((more, rule.extension_unit) for more in extensions)]
    raw = last = event
    for number, (length, unit) in enumerate(pieces):
        base = event if number == 0 else (last if rule.extension_from == "rolled" else raw)
        final = number == len(pieces) - 1
        raw = _piece(length, unit, base, first if number == 0 else None, works, away, rule, final=final)
        last = _rolled(rule, raw, works, away)
    if rule.least_working_days:
        inside = (d for d in _from(event + DAY) if works(d) and d not in away)
        last = max(last, list(islice(inside, rule.least_working_days))[-1])
    return raw, last


def _rolled(rule: Rule, raw: date, works: Callable[[date], bool], away: set[date]) -> date:
    return next(d for d in _from(raw) if d not in away and (works(d) or not rule.roll))


def _piece(
    length: int,
    unit: str,
    event: date,
    first: date | None,
    works: Callable[[date], bool],
    away: set[date],
    rule: Rule,
    *,
    final: bool,
) -> date:
    """The first day by which ``length`` has passed after ``event``; with a reset, after the last suspension in its way."""
    while True:
        needed = _number_of_days(length, unit, event, first)
        counts = (d for d in _from(event + DAY) if d not in away and (unit != "working_days" or works(d)))
        raw = list(islice(counts, needed))[-1]
        end = _rolled(rule, raw, works, away) if final else raw
        blocks = [d for d in _between(event, end) if d in away and d + DAY not in away]
        if not (rule.reset and blocks):
            return raw
        event, first = blocks[0], None


def _between(event: date, last: date) -> list[date]:
    return [event + n * DAY for n in range(1, (last - event).days + 1)]


def _number_of_days(length: int, unit: str, event: date, first: date | None) -> int:
    if unit in ("calendar_days", "working_days"):
        return length
    if unit == "weeks":
        return sum(1 for _ in range(length) for _ in range(7))
    months = length * {"months": 1, "years": 12}[unit]
    origin = first or event
    for d in _from(origin + DAY):
        ahead = (d.year - origin.year) * 12 + d.month - origin.month
        month_ends = (d + DAY).month != d.month
        if first is None:
            if ahead == months and (d.day == origin.day or month_ends):
                return (d - event).days
        elif (ahead == months and (d.day == origin.day - 1 or month_ends)) or (
            origin.day == 1 and ahead == months - 1 and month_ends
        ):
            return (d - event).days
    raise AssertionError("no corresponding day")


def _away(rule: Rule, happened: Happened, zone: ZoneInfo, works: Callable[[date], bool]) -> set[date]:
    """The days on which a suspension lies in any part, each ground's only up to its maximum."""
    found: set[date] = set()
    grounds = {ground for ground, _, _ in happened.suspensions}
    for ground in grounds:
        touched: list[date] = []
        for name, start, end in happened.suspensions:
            if name != ground or end <= start:
                continue
            for d in _from(start.astimezone(zone).date()):
                if datetime(d.year, d.month, d.day, tzinfo=zone).astimezone(UTC) >= end.astimezone(UTC):
                    break
                if d not in touched:
                    touched.append(d)
        if ground in rule.maxima and touched:
            most, unit = rule.maxima[ground]
            if unit == "hours":
                raise AssertionError("the oracle takes a maximum in hours for terms in hours alone")
            cost = [1 if unit != "working_days" or works(d) else 0 for d in touched]
            allowed = most if unit == "working_days" else _number_of_days(most, unit, touched[0], None)
            touched = [d for i, d in enumerate(touched) if sum(cost[:i]) < allowed]
        found |= set(touched)
    return found


def _spans(rule: Rule, happened: Happened) -> list[tuple[datetime, datetime]]:
    spans = []
    for ground in {name for name, _, _ in happened.suspensions}:
        mine = sorted((s.astimezone(UTC), e.astimezone(UTC)) for name, s, e in happened.suspensions if name == ground)
        left = timedelta(hours=rule.maxima[ground][0]) if ground in rule.maxima else timedelta(days=4000)
        for s, e in mine:
            spans.append((s, min(e, s + left)))
            left -= min(left, e - s)
    return spans


def _hours(rule: Rule, begin: datetime, spans: list[tuple[datetime, datetime]], extensions: Sequence[int]) -> datetime:
    now = begin
    for length in (rule.length, *extensions):
        now = _after(now, timedelta(hours=length), spans, reset=rule.reset)
    return now


def _after(begin: datetime, length: timedelta, spans: list[tuple[datetime, datetime]], *, reset: bool) -> datetime:
    def running(until: datetime) -> timedelta:
        edges = sorted({begin, until, *(x for span in spans for x in span if begin < x < until)})
        pieces = pairwise(edges)
        return sum((b - a for a, b in pieces if not any(s <= a and b <= e for s, e in spans)), timedelta())

    low, high = 0, int(timedelta(days=4000) / timedelta(microseconds=1))
    while low < high:
        middle = (low + high) // 2
        if running(begin + timedelta(microseconds=middle)) >= length:
            high = middle
        else:
            low = middle + 1
    found = begin + timedelta(microseconds=low)
    if reset:
        hit = [e for s, e in spans if s < e and begin < e and s < found]
        ends = [e for e in hit if not any(s <= e < e2 for s, e2 in spans)]
        if ends:
            return _after(min(ends), length, spans, reset=reset)
    return found
