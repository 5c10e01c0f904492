"""A calendar as pages show it: a year as twelve months, and what two versions see differently. Pure."""

from __future__ import annotations

import calendar as weeks
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from gateway.domain.calendar import Calendar, DayKind, Reason

#: Kinds that stand against the week pattern, or that the law names.
SPECIAL = frozenset(DayKind) - {DayKind.WORKING, DayKind.WEEKEND}


@dataclass(frozen=True, slots=True)
class Day:
    """One day and what it is."""

    date: date
    reason: Reason

    @property
    def special(self) -> bool:
        """Whether it is more than the week pattern says."""
        return self.reason.kind in SPECIAL


@dataclass(frozen=True, slots=True)
class Month:
    """``rows`` are weeks from Monday; ``None`` where a week belongs to another month. ``working`` counts working days."""

    number: int
    rows: Sequence[Sequence[Day | None]]
    special: Sequence[Day]
    working: int


@dataclass(frozen=True, slots=True)
class Changed:
    """A day that two versions see differently."""

    date: date
    was: Reason
    now: Reason


def year_of(calendar: Calendar, year: int) -> list[Month]:
    """Return the months of a year."""
    found = []
    for number in range(1, 13):
        rows = [
            [Day(day, calendar.reason(day)) if day.month == number else None for day in week]
            for week in weeks.Calendar().monthdatescalendar(year, number)
        ]
        days = [day for row in rows for day in row if day is not None]
        found.append(Month(number, rows, [d for d in days if d.special], sum(d.reason.works for d in days)))
    return found


def changes(was: Calendar, now: Calendar) -> list[Changed]:
    """Return the days that ``now`` sees differently from ``was``, in order."""
    return [Changed(c.day, was.reason(c.day), now.reason(c.day)) for c in now.changes_from(was)]


def first_change(was: Calendar, now: Calendar) -> date | None:
    """Return the first day that can move a clock: a changed day, or the first of a year that was decided."""
    days = [change.date for change in changes(was, now)]
    days += [date(year, 1, 1) for year in now.decided_years ^ was.decided_years]
    return min(days, default=None)
