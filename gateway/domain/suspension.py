"""Which time a suspension takes out of a term: each ground up to its maximum, overlapping grounds once.

A maximum in days counts local days that the ground touches, in working days the working days among them; one in months
or years is as many days as they have from the ground's first day on. When it is used up, the clock runs on by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from gateway.domain.calendar import Calendar
from gateway.domain.months import corresponding
from gateway.domain.term_rule import Length, Suspension, Unit

_DAY: Final = timedelta(days=1)
_TICK: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Held:
    """A span that one ground holds: from ``start`` until before ``end`` (UTC). ``end`` is ``None`` while nobody resumed it.

    ``lapses_at`` is when its ground's maximum is used up, ``None`` when the rule sets none, or the span ended before.
    """

    ground: str
    start: datetime
    end: datetime | None = None
    lapses_at: datetime | None = None

    def until(self, as_of: datetime) -> datetime:
        """Return when the span ended, or ``as_of`` while it holds."""
        ends = [end for end in (self.end, self.lapses_at) if end is not None]
        return min([*ends, max(as_of, self.start)]) if self.holds(as_of) else min(ends)

    def holds(self, as_of: datetime) -> bool:
        """Whether it still holds the clock at ``as_of``."""
        return all(end is None or end > as_of for end in (self.end, self.lapses_at))


def limited(spans: Sequence[Held], rule: Suspension, calendar: Calendar, zone: ZoneInfo) -> tuple[Held, ...]:
    """Return the spans with the instant at which each uses up its ground's maximum. ``spans`` are in order of time."""
    budgets: dict[str, _Budget] = {}
    found = []
    for span in spans:
        ground = rule.ground(span.ground)
        if ground is None or ground.max is None:
            found.append(span)
            continue
        budget = budgets.setdefault(span.ground, _Budget(ground.max, calendar, zone))
        lapses_at = budget.spend(span.start, span.end)
        found.append(Held(span.ground, span.start, span.end, lapses_at))
    return tuple(found)


class _Budget:
    """What one ground may still take."""

    def __init__(self, most: Length, calendar: Calendar, zone: ZoneInfo) -> None:
        self.most = most
        self.calendar = calendar
        self.zone = zone
        self.left: int | None = None
        self.touched: date | None = None
        self.time_left = timedelta(hours=most.length)

    def spend(self, start: datetime, end: datetime | None) -> datetime | None:
        """Return when the span uses the budget up (at once where nothing is left), ``None`` when it ends before.

        A span that was over in the instant in which it began held nothing, and spends nothing.
        """
        if end is not None and end <= start:
            return None
        if self.most.unit is Unit.HOURS:
            lapses_at = start + self.time_left
            self.time_left -= min(self.time_left, (end or lapses_at) - start)
            return lapses_at if end is None or lapses_at < end else None
        first = start.astimezone(self.zone).date()
        if self.left is None:
            self.left = _in_days(self.most, first)
        last = None if end is None else (end - _TICK).astimezone(self.zone).date()
        day = first
        while last is None or day <= last:
            if self.touched is None or day > self.touched:
                if not self.left:
                    return max(start, midnight(day, self.zone))
                self.left -= self.most.unit is not Unit.WORKING_DAYS or self.calendar.is_working_day(day)
                self.touched = day
            day += _DAY
        return None


def _in_days(most: Length, first: date) -> int:
    match most.unit:
        case Unit.WEEKS:
            return 7 * most.length
        case Unit.MONTHS:
            return (corresponding(first, most.length) - first).days
        case Unit.YEARS:
            return (corresponding(first, 12 * most.length) - first).days
    return most.length


def merged(spans: Iterable[Held], as_of: datetime) -> tuple[tuple[datetime, datetime], ...]:
    """Return the time that is taken out up to ``as_of``, overlaps once, in order."""
    found: list[tuple[datetime, datetime]] = []
    for start, end in sorted((span.start, span.until(as_of)) for span in spans):
        if end <= start:
            continue
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return tuple(found)


def covered_days(spans: Iterable[Held], as_of: datetime, zone: ZoneInfo) -> Mapping[date, str]:
    """Return the local days that a span covers in any part, with the grounds (joined by commas where several do)."""
    grounds: dict[date, list[str]] = {}
    for span in spans:
        end = span.until(as_of)
        if end <= span.start:
            continue
        day, last = span.start.astimezone(zone).date(), (end - _TICK).astimezone(zone).date()
        while day <= last:
            here = grounds.setdefault(day, [])
            if span.ground not in here:
                here.append(span.ground)
            day += _DAY
    return {day: ", ".join(names) for day, names in grounds.items()}


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """Return the first instant of a local day (UTC)."""
    return datetime.combine(day, time.min, zone).astimezone(UTC)
