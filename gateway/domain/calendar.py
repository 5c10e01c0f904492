"""A calendar of working days: jurisdiction × week pattern × version, with the ground of every exception.

A day works when a decree makes it work, else not when it is a day off, else as the week pattern says. In that order:
a Saturday to which a decree moved work is a working day although it is a Saturday.

    CatalogueError
    └── CalendarError    the calendar contradicts itself
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from gateway.domain.errors import CatalogueError
from gateway.domain.service import Text

_DAY: Final = timedelta(days=1)
#: A run of days off longer than this is a mistake in the data, not a holiday.
_LONGEST_REST: Final = 60


class CalendarError(CatalogueError):
    """The calendar contradicts itself; the message names the day."""


class DayKind(StrEnum):
    """Why a day works or does not."""

    WORKING = "working"  # by the week pattern
    WEEKEND = "weekend"  # by the week pattern
    HOLIDAY = "holiday"  # named by law
    OBSERVED = "observed"  # a holiday fell on a weekend and is made up for here
    ADDITIONAL = "additional"  # given by decree besides the holidays
    MOVED_OFF = "moved_off"  # a day off that a decree moved here from another day
    MOVED_WORKING = "moved_working"  # a weekend day that works because its rest was moved elsewhere


@dataclass(frozen=True, slots=True)
class DayOff:
    """A day that does not work. ``names`` by language; ``decree`` cites what it rests on; ``moved_from`` for moved days."""

    kind: DayKind
    names: Text = field(default_factory=dict)
    decree: str = ""
    moved_from: date | None = None


@dataclass(frozen=True, slots=True)
class WorkingDay:
    """A day that works against the week pattern. ``moved_to`` is the day off given for it."""

    decree: str = ""
    moved_to: date | None = None


@dataclass(frozen=True, slots=True)
class Reason:
    """What a day is and on what ground. ``other`` is the day that it was exchanged with, if any."""

    kind: DayKind
    names: Text = field(default_factory=dict)
    decree: str = ""
    other: date | None = None

    @property
    def works(self) -> bool:
        """Whether such a day is a working day."""
        return self.kind in (DayKind.WORKING, DayKind.MOVED_WORKING)


@dataclass(frozen=True, slots=True)
class DayChange:
    """What an amendment made of one day."""

    day: date
    was: DayKind
    became: DayKind


@dataclass(frozen=True, slots=True)
class Amended:
    """One step of a calendar's history: ``since`` became ``version`` on the ground of ``decree`` (a new source of the
    seeded days has none). ``years`` are those that it decided."""

    since: str
    version: str
    decree: str
    days: tuple[DayChange, ...] = ()
    years: tuple[int, ...] = ()


_WORKING: Final = Reason(DayKind.WORKING)
_WEEKEND: Final = Reason(DayKind.WEEKEND)


@dataclass(frozen=True, slots=True, eq=False)  # one object a version: equal by identity, and so cheap to remember by
class Calendar:
    """One version of a calendar.

    ``id`` is jurisdiction and days of the working week (``UZ-5``); ``weekend`` holds ``date.weekday()`` numbers.
    ``decided_years`` are the years whose days off are fixed by law and decree. Every other year is provisional: its
    days are the best guess (the week pattern where nothing else is known), and so is what was counted with them.
    ``history`` leads from the first version to this one, oldest step first.
    """

    id: str
    version: str
    jurisdiction: str
    weekend: frozenset[int]
    days_off: Mapping[date, DayOff] = field(default_factory=dict, repr=False)
    working_days: Mapping[date, WorkingDay] = field(default_factory=dict, repr=False)
    decided_years: frozenset[int] = frozenset()
    history: tuple[Amended, ...] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        if not self.weekend < frozenset(range(7)):
            raise CalendarError(f"calendar {self.id}: weekend {sorted(self.weekend)} must leave a working day of 0 to 6")
        if both := sorted(self.days_off.keys() & self.working_days.keys()):
            raise CalendarError(f"calendar {self.id}@{self.version}: {both[0]} is both a day off and a working day")

    def reason(self, day: date) -> Reason:
        """Return what ``day`` is and on what ground."""
        if (moved := self.working_days.get(day)) is not None:
            return Reason(DayKind.MOVED_WORKING, decree=moved.decree, other=moved.moved_to)
        if (off := self.days_off.get(day)) is not None:
            return Reason(off.kind, off.names, off.decree, off.moved_from)
        return _WEEKEND if day.weekday() in self.weekend else _WORKING

    def is_working_day(self, day: date) -> bool:
        """Return whether ``day`` is a working day."""
        return day in self.working_days or (day not in self.days_off and day.weekday() not in self.weekend)

    def is_provisional(self, day: date) -> bool:
        """Return whether what the calendar says of ``day`` may still change by decree."""
        return day.year not in self.decided_years

    def roll_forward(self, day: date) -> date:
        """Return ``day`` if it works, else the next day that does."""
        return self._seek(day, _DAY)

    def roll_back(self, day: date) -> date:
        """Return ``day`` if it works, else the last day before it that does."""
        return self._seek(day, -_DAY)

    def _seek(self, day: date, step: timedelta) -> date:
        at = day
        for _ in range(_LONGEST_REST):
            if self.is_working_day(at):
                return at
            at += step
        raise CalendarError(f"calendar {self.id}@{self.version}: no working day within {_LONGEST_REST} days of {day}")

    def amended(
        self,
        version: str,
        *,
        off: Mapping[date, DayOff] | None = None,
        working: Mapping[date, WorkingDay] | None = None,
        plain: Iterable[date] = (),
        decided_years: Iterable[int] = (),
    ) -> Calendar:
        """Return a new version of this calendar.

        ``off`` and ``working`` add or replace exceptions, ``plain`` takes exceptions away (the day follows the week
        pattern again), ``decided_years`` says for which years a decree now stands. Raises ``CalendarError`` when one
        day is named twice, or the version is not a new one.
        """
        off, working, plain = dict(off or {}), dict(working or {}), frozenset(plain)
        if version == self.version:
            raise CalendarError(f"calendar {self.id}: version {version} exists already; an amendment needs a new one")
        if twice := sorted((off.keys() & working.keys()) | (plain & (off.keys() | working.keys()))):
            raise CalendarError(f"calendar {self.id}@{version}: {twice[0]} is amended in two ways at once")
        changed = off.keys() | working.keys() | plain
        return replace(
            self,
            version=version,
            days_off={d: v for d, v in self.days_off.items() if d not in changed} | off,
            working_days={d: v for d, v in self.working_days.items() if d not in changed} | working,
            decided_years=self.decided_years | frozenset(decided_years),
        )

    def changes_from(self, other: Calendar) -> tuple[DayChange, ...]:
        """Return the exceptions that are of another kind here than in ``other``, or stand on another ground, in order."""
        named = self.days_off.keys() | other.days_off.keys() | self.working_days.keys() | other.working_days.keys()
        pairs = ((day, other.reason(day), self.reason(day)) for day in sorted(named))
        return tuple(DayChange(day, was.kind, now.kind) for day, was, now in pairs if was != now)

    def following(self, other: Calendar, decree: str = "") -> Calendar:
        """Return this calendar as the version that followed ``other``, which its history then tells."""
        years = tuple(sorted(self.decided_years - other.decided_years))
        step = Amended(other.version, self.version, decree, self.changes_from(other), years)
        return replace(self, history=(*other.history, step))

    def since(self, version: str) -> tuple[Amended, ...] | None:
        """Return the steps that led from ``version`` to this one; ``None`` when ``version`` is not in its history."""
        if version == self.version:
            return ()
        place = next((n for n, step in enumerate(self.history) if step.since == version), None)
        return None if place is None else self.history[place:]
