"""What an operator changes in a calendar, with the decree that it rests on (DESIGN section 8).

Each amendment makes a new version; the old one stays as it was. What contradicts the calendar or itself is refused
with every rule that it breaks, and nothing changes. The rules:

* a decree is cited, and something changes;
* a day is named once;
* only a day that works is given off, only a day of rest is made a working one, only an exception is taken away;
* a move takes a day of rest to a day that works (a holiday may be moved onto a weekend, where the moon puts it);
* a calendar keeps a working day within any two months.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final

from gateway.domain.calendar import Calendar, CalendarError, DayKind, DayOff, WorkingDay
from gateway.domain.errors import BadInput, Problem
from gateway.domain.service import Text

FIRST_YEAR: Final = 2000
LAST_YEAR: Final = 2100
ADDITIONAL: Final[Text] = {
    "uz": "Qoʻshimcha dam olish kuni",
    "ru": "Дополнительный нерабочий день",
    "ky": "Кошумча эс алуу күнү",
    "en": "Additional day off",
}
MOVED: Final[Text] = {
    "uz": "Koʻchirilgan dam olish kuni",
    "ru": "Перенесённый выходной день",
    "ky": "Которулган эс алуу күнү",
    "en": "Day of rest moved from another day",
}


@dataclass(frozen=True, slots=True)
class Move:
    """The rest of one day is taken on another."""

    from_: date
    to: date


@dataclass(frozen=True, slots=True)
class Amendment:
    """What is to change. ``off``: days off with their names by language (none: an additional day off); ``working``: days
    of rest that work; ``plain``: days that follow the week pattern again; ``decided``: years whose days now stand.

    ``days_off`` and ``working_days`` are exceptions as they are to stand (a file that was read): they replace what stands.
    """

    decree: str
    off: Mapping[date, Text] = field(default_factory=dict)
    working: tuple[date, ...] = ()
    plain: tuple[date, ...] = ()
    moved: tuple[Move, ...] = ()
    decided: tuple[int, ...] = ()
    days_off: Mapping[date, DayOff] = field(default_factory=dict)
    working_days: Mapping[date, WorkingDay] = field(default_factory=dict)


def amend(calendar: Calendar, amendment: Amendment, version: str) -> Calendar:
    """Return the calendar amended, as ``version``. Raises ``BadInput`` with every rule that is broken."""
    if broken := [*_shape(amendment), *_days(calendar, amendment)]:
        raise BadInput(broken)
    off, working, plain = _exceptions(calendar, amendment)
    _keep_pairs(calendar, amendment.decree, off, working, plain)
    made = calendar.amended(version, off=off, working=working, plain=plain, decided_years=amendment.decided)
    made = made.following(calendar, amendment.decree)
    if broken := [*_pairs(made, amendment), *_rest(made, off)]:
        raise BadInput(broken)
    step = made.history[-1]
    if not step.days and not step.years:
        raise BadInput([_broken("", "nothing_changes", "the calendar says all of this already")])
    return made


def _shape(amendment: Amendment) -> Iterable[Problem]:
    if not amendment.decree.strip():
        yield _broken("/decree", "decree_missing", "name the decree that the amendment rests on")
    for pointer, day in _named(amendment):
        if not FIRST_YEAR <= day.year <= LAST_YEAR:
            yield _broken(pointer, "year_range", f"{day} is not within {FIRST_YEAR} to {LAST_YEAR}", day=str(day))
    for place, year in enumerate(amendment.decided):
        if not FIRST_YEAR <= year <= LAST_YEAR:
            yield _broken(f"/decided/{place}", "year_range", f"{year} is not within {FIRST_YEAR} to {LAST_YEAR}", day=str(year))
    times = Counter(day for _, day in _named(amendment))
    for day in sorted(day for day, count in times.items() if count > 1):
        pointer = [pointer for pointer, named in _named(amendment) if named == day][1]
        yield _broken(pointer, "day_twice", f"{day} is named twice in one amendment", day=str(day))


def _named(amendment: Amendment) -> Iterable[tuple[str, date]]:
    yield from ((f"/off/{place}", day) for place, day in enumerate(amendment.off))
    yield from ((f"/working/{place}", day) for place, day in enumerate(amendment.working))
    yield from ((f"/plain/{place}", day) for place, day in enumerate(amendment.plain))
    for place, move in enumerate(amendment.moved):
        yield f"/moved/{place}/from", move.from_
        yield f"/moved/{place}/to", move.to
    yield from ((f"/days_off/{place}", day) for place, day in enumerate(amendment.days_off))
    yield from ((f"/working_days/{place}", day) for place, day in enumerate(amendment.working_days))


def _days(calendar: Calendar, amendment: Amendment) -> Iterable[Problem]:
    for place, day in enumerate(amendment.off):
        if day in calendar.days_off:
            yield _broken(f"/off/{place}", "day_rests", f"{day} is a day off already", day=str(day))
    for place, day in enumerate(amendment.working):
        if calendar.is_working_day(day):
            yield _broken(f"/working/{place}", "day_works", f"{day} works already", day=str(day))
    for place, day in enumerate(amendment.plain):
        if day not in calendar.days_off and day not in calendar.working_days:
            yield _broken(f"/plain/{place}", "day_plain", f"{day} follows the week pattern already", day=str(day))
    for place, move in enumerate(amendment.moved):
        named = move.from_ in calendar.days_off
        if calendar.is_working_day(move.from_):
            yield _broken(f"/moved/{place}/from", "day_works", f"{move.from_} works: it has no rest to move", day=str(move.from_))
        if move.to in calendar.days_off or (not named and not calendar.is_working_day(move.to)):
            yield _broken(f"/moved/{place}/to", "day_rests", f"{move.to} is a day off already", day=str(move.to))


_Off = dict[date, DayOff]
_Working = dict[date, WorkingDay]


def _exceptions(calendar: Calendar, amendment: Amendment) -> tuple[_Off, _Working, set[date]]:
    decree = amendment.decree
    off: _Off = {
        day: DayOff(DayKind.HOLIDAY, names, decree) if names else DayOff(DayKind.ADDITIONAL, ADDITIONAL, decree)
        for day, names in amendment.off.items()
    }
    working: _Working = {day: WorkingDay(decree) for day in amendment.working}
    plain = set(amendment.plain)
    off |= {day: rest if rest.decree else replace(rest, decree=decree) for day, rest in amendment.days_off.items()}
    working |= {day: work if work.decree else replace(work, decree=decree) for day, work in amendment.working_days.items()}
    for move in amendment.moved:
        rest = calendar.days_off.get(move.from_)
        if rest is None:  # a weekend's: that day works instead
            off[move.to] = DayOff(DayKind.MOVED_OFF, MOVED, decree, move.from_)
            working[move.from_] = WorkingDay(decree, move.to)
            continue
        plain.add(move.from_)
        origin = rest.moved_from
        if rest.kind is DayKind.MOVED_OFF and origin is not None and origin in calendar.working_days:  # moved once more
            off[move.to] = replace(rest, decree=decree)
            working[origin] = WorkingDay(decree, move.to)
        elif rest.kind is DayKind.OBSERVED:
            off[move.to] = DayOff(DayKind.MOVED_OFF, MOVED, decree, move.from_)
        else:
            off[move.to] = replace(rest, decree=decree, moved_from=move.from_)
    return off, working, plain


def _keep_pairs(calendar: Calendar, decree: str, off: _Off, working: _Working, plain: set[date]) -> None:
    """A day that was exchanged for one that is taken away stands by itself from now on."""
    changed = off.keys() | working.keys() | plain
    for day in sorted(changed):
        works, rests = calendar.working_days.get(day), calendar.days_off.get(day)
        if works is not None and day not in working:
            partner = works.moved_to
            if partner is not None and partner not in changed and partner in calendar.days_off:
                off[partner] = DayOff(DayKind.ADDITIONAL, ADDITIONAL, decree)
        elif rests is not None and day not in off:
            partner = rests.moved_from
            if partner is not None and partner not in changed and partner in calendar.working_days:
                working[partner] = WorkingDay(calendar.working_days[partner].decree)


def _pairs(calendar: Calendar, amendment: Amendment) -> Iterable[Problem]:
    """What was read names the day that it was exchanged with: that day has to be the other half."""
    halves = [
        *((f"/days_off/{n}", day, rest.moved_from) for n, (day, rest) in enumerate(amendment.days_off.items())),
        *((f"/working_days/{n}", day, work.moved_to) for n, (day, work) in enumerate(amendment.working_days.items())),
    ]
    for pointer, day, other in halves:
        if other is None:
            continue
        whole = other not in calendar.days_off if day in amendment.days_off else not calendar.is_working_day(other)
        if not whole:
            message = f"{day} is exchanged with {other}, which is not the other half of it"
            yield _broken(pointer, "half_moved", message, day=str(day), other=str(other))


def _rest(calendar: Calendar, off: Iterable[date]) -> Iterable[Problem]:
    for day in off:
        try:
            calendar.roll_forward(day)
            calendar.roll_back(day)
        except CalendarError as error:
            yield _broken("", "no_working_day", str(error), day=str(day))
            return


def _broken(pointer: str, code: str, message: str, **params: str) -> Problem:
    return Problem(pointer, code, message, params)
