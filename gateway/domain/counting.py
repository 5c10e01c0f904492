"""Counting a term in days, one day after the other: which count, which do not, where the count ends and where it rolls to.

A day that a suspension covers in any part does not count; nothing is ever added at the end instead. A term in months or
years is counted in the days that it has from its trigger to the corresponding day, so that it can be suspended as well.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from gateway.domain.calendar import Calendar
from gateway.domain.derivation import Line, ground, span
from gateway.domain.months import before_corresponding, corresponding
from gateway.domain.term_rule import CountedFrom, Length, Remaining, Term, Unit

_DAY: Final = timedelta(days=1)
#: Days without a working day among them after which the calendar is asked whether it has any.
_PATIENCE: Final = 60
_MONTHS: Final = {Unit.MONTHS: 1, Unit.YEARS: 12}


@dataclass(frozen=True, slots=True)
class Longer:
    """An extension that counts: its length, and when it was notified (local, ISO 8601)."""

    by: Length
    noticed: str


@dataclass(frozen=True, slots=True)
class Counted:
    """Where a count ended: ``raw``, and ``last`` after rolling. ``read`` are the days that the answer depends on."""

    raw: date
    last: date
    lines: tuple[Line, ...]
    read: frozenset[date]


def count(
    term: Term, start: date, calendar: Calendar, covered: Mapping[date, str] | None = None, longer: Sequence[Longer] = ()
) -> Counted:
    """Return where a term in days or longer ends that is triggered on the day ``start``.

    ``covered`` are the days that a suspension covers, with the name of its ground; ``longer`` the extensions in order.
    Raises ``CalendarError`` when the calendar has no working day to count or to roll to.
    """
    return _Count(term, start, calendar, covered or {}).run(longer)


class _Count:
    """The state of one count. ``day`` is the last day that was dealt with."""

    def __init__(self, term: Term, start: date, calendar: Calendar, covered: Mapping[date, str]) -> None:
        self.term = term
        self.start = start
        self.calendar = calendar
        self.covered = covered
        self.first_counts = term.first_day_counted and term.length > 0
        self.day = start - _DAY if self.first_counts else start
        self.before = self.day
        self.lines: list[Line] = []
        self.read: set[date] = set()
        self.reset = term.suspension is not None and term.suspension.remaining is Remaining.RESET

    def run(self, longer: Sequence[Longer]) -> Counted:
        term = self.term
        length, begun = Length(term.length, term.unit), 0
        self._add(length, first=True)
        for more in longer:
            base = self.day
            self.lines.append(Line("raw_end", {"date": base.isoformat()}))
            counted_from = term.extension.counted_from if term.extension is not None else CountedFrom.RAW
            if counted_from is CountedFrom.ROLLED:
                base = self.day = self._roll(base)
            said = {"noticed_at": more.noticed, "length": more.by.length, "unit": str(more.by.unit)}
            basis = term.extension.legal_basis if term.extension is not None else ""
            self.lines.append(
                Line("extended", said | {"counted_from": str(counted_from), "from": base.isoformat(), "legal_basis": basis})
            )
            length, begun = more.by, len(self.lines)
            self._add(length, first=False)
        last = self._end(length, begun)
        return Counted(self.day, last, tuple(self.lines), frozenset(self.read))

    def _end(self, length: Length, begun: int) -> date:
        """Return the last day. A suspension while the end rolls still finds the term running: a reset begins it anew there."""
        while True:
            self.lines.append(Line("raw_end", {"date": self.day.isoformat()}))
            last = self._roll(self.day)
            held = [day for n in range((last - self.day).days) if (day := self.day + n * _DAY) in self.covered]
            if not (held and self.reset):
                return self._least(last)
            self.lines[begun:] = [_lapsed(line) for line in self.lines[begun:]]
            self.day = held[-1]
            self._add(length, first=False)

    def _add(self, length: Length, *, first: bool) -> None:
        if length.unit is Unit.WORKING_DAYS:
            self._walk(length, length.length)
            return
        days = self._days(length, self.start if first and self.first_counts else None)
        if days and not self.covered:
            self.lines.append(Line("counted", span(self.day + _DAY, self.day + days * _DAY)))
            self.day += days * _DAY
        else:
            self._walk(length, days)

    def _days(self, length: Length, first: date | None) -> int:
        """Return how many calendar days a length has from the day after ``self.day``, or from ``first`` on."""
        if length.unit is Unit.WEEKS:
            return 7 * length.length
        if length.unit not in _MONTHS:
            return length.length
        months = length.length * _MONTHS[length.unit]
        last = corresponding(self.day, months) if first is None else before_corresponding(first, months)
        days = (last - self.day).days
        said: dict[str, Any] = {"length": length.length, "unit": str(length.unit), "days": days}
        self.lines.append(Line("length_in_days", said | {"from": (first or self.day).isoformat(), "to": last.isoformat()}))
        return days

    def _walk(self, length: Length, days: int) -> None:
        """Deal with day after day until ``days`` of them have counted; runs of like days become one line each."""
        working = length.unit is Unit.WORKING_DAYS
        begun, counted, off = len(self.lines), 0, 0
        run: list[date] = []
        like: tuple[str, dict[str, Any]] | None = None
        while counted < days:
            if run and self.reset and run[-1] in self.covered and self.day + _DAY not in self.covered:
                # What was counted before the suspension lapses, and the whole length is counted anew.
                self._write(run, like)
                run, like, counted = [], None, 0
                self.lines[begun:] = [_lapsed(line) for line in self.lines[begun:]]
                days = length.length if working else self._days(length, None)
            self.day += _DAY
            now = self._what(self.day, working=working)
            if like is not None and now != like:
                self._write(run, like)
                run = []
            like = now
            run.append(self.day)
            counted += now[0] == "counted"
            off = off + 1 if working and now[0] != "counted" and self.day not in self.covered else 0
            if off > _PATIENCE:
                self.calendar.roll_forward(self.day - off * _DAY + _DAY)  # raises when there is none
        self._write(run, like)

    def _what(self, day: date, *, working: bool) -> tuple[str, dict[str, Any]]:
        if (held := self.covered.get(day)) is not None:
            return "not_counted", {"why": "suspended", "ground": held}
        if not working:
            return "counted", {}
        self.read.add(day)
        reason = self.calendar.reason(day)
        return "counted" if reason.works else "not_counted", ground(reason)

    def _write(self, run: Sequence[date], like: tuple[str, dict[str, Any]] | None) -> None:
        if run and like is not None:
            self.lines.append(Line(like[0], span(run[0], run[-1]) | like[1]))

    def _roll(self, raw: date) -> date:
        """Return the first day from ``raw`` on that can be a last day: not suspended, and a working day where the rule rolls."""
        last, off = raw, 0
        while not self._can_end(last):
            off = off + 1 if last not in self.covered else 0
            if off > _PATIENCE:
                self.calendar.roll_forward(raw)
            last += _DAY
        if last != raw:
            for n in range((last - raw).days):
                day = raw + n * _DAY
                held = self.covered.get(day)
                why = ground(self.calendar.reason(day)) if held is None else {"why": "suspended", "ground": held}
                self.lines.append(Line("rolled_over", {"date": day.isoformat()} | why))
            self.lines.append(Line("rolled", {"from": raw.isoformat(), "to": last.isoformat()}))
        return last

    def _can_end(self, day: date) -> bool:
        if day in self.covered:
            return False
        if not self.term.roll:
            return True
        self.read.add(day)
        return self.calendar.is_working_day(day)

    def _least(self, last: date) -> date:
        """Return the day by which the least number of working days lie within the term (Regulation 1182/71 art. 3(5))."""
        least = self.term.least_working_days
        if not least:
            return last
        day, found = self.before, 0
        while found < least or day < last:
            day += _DAY
            if day not in self.covered:
                self.read.add(day)
                found += self.calendar.is_working_day(day)
            if (day - last).days > _PATIENCE and not found:
                self.calendar.roll_forward(last)
        if day != last:
            self.lines.append(Line("least_working_days", {"least": least, "from": last.isoformat(), "to": day.isoformat()}))
        return day


def _lapsed(line: Line) -> Line:
    return Line("lapsed", line.params) if line.code == "counted" else line
