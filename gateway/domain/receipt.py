"""From which day a term counts: the day of its trigger, or a later one when it came on a day off or after the cut-off."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Final

from gateway.domain.calendar import Calendar
from gateway.domain.derivation import Line, ground
from gateway.domain.term_rule import AfterCutOff, OnDayOff, Term

_DAY: Final = timedelta(days=1)


def deemed_day(term: Term, local: datetime, calendar: Calendar, read: set[date]) -> tuple[date, tuple[Line, ...]]:
    """Return the day that a trigger at ``local`` (the office's time) counts as, and the lines that say why.

    ``read`` takes the days that the answer depends on. A day off that is rolled forward comes first: who comes on a day
    off after the cut-off is received on the next working day, not on the one after it. At the cut-off is after it.

    Where who comes after the cut-off is received on the next working day, so is who comes on the days off until then:
    else a later receipt would be due earlier.
    """
    day = local.date()
    late_rolls = bool(term.cut_off) and term.after_cut_off is AfterCutOff.ROLL_FORWARD
    rolls = late_rolls or term.on_day_off is OnDayOff.ROLL_FORWARD
    if rolls and not _works(day, calendar, read):
        return _forward(day, calendar, read)
    if not term.cut_off or local.timetz().replace(tzinfo=None) < time.fromisoformat(term.cut_off):
        return day, ()
    late = Line("deemed", {"from": day.isoformat(), "to": (day + _DAY).isoformat(), "why": "cut_off", "cut_off": term.cut_off})
    if rolls and not _works(day + _DAY, calendar, read):
        last, lines = _forward(day + _DAY, calendar, read)
        return last, (late, *lines)
    return day + _DAY, (late,)


def _works(day: date, calendar: Calendar, read: set[date]) -> bool:
    read.add(day)
    return calendar.is_working_day(day)


def _forward(day: date, calendar: Calendar, read: set[date]) -> tuple[date, tuple[Line, ...]]:
    last = calendar.roll_forward(day)
    read.update(day + n * _DAY for n in range((last - day).days + 1))
    return last, (Line("deemed", {"from": day.isoformat(), "to": last.isoformat()} | ground(calendar.reason(day))),)
