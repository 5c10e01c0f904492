"""What ``darcha clock due`` is told on the command line: dates and times, suspensions, extensions.

ValueError
└── BadOption    an option cannot be read; the message names it and shows the form
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from gateway.domain.course import ClockEvent, Extended, Resumed, Suspended, Triggered
from gateway.domain.term_rule import Extension, Ground, Suspension, Term, Unit

_ZONES: Final = {"UZ": "Asia/Tashkent", "KG": "Asia/Bishkek", "KZ": "Asia/Almaty"}
#: The ground of a suspension that the rule file does not speak of.
ASSUMED: Final = "suspension"
_YEARS: Final = range(1900, 2201)
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class BadOption(ValueError):
    """An option that cannot be read."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked: the rule, with what was assumed of it, and the events in order of time."""

    term: Term
    events: tuple[ClockEvent, ...]
    assumed: tuple[str, ...]


def zone_of(given: str, calendar: str) -> ZoneInfo:
    """Return the zone that was named, else that of the calendar's jurisdiction. Raises ``BadOption``."""
    name = given or _ZONES.get(calendar.partition("-")[0], "")
    if not name:
        raise BadOption(f"--zone: that of the calendar {calendar} is not known; write one like Asia/Tashkent")
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise BadOption(f"--zone: there is no time zone {name!r}; write one like Asia/Tashkent") from error


def instant(text: str, zone: ZoneInfo, option: str) -> tuple[datetime, bool]:
    """Return a date (its first instant in ``zone``) or a time, and whether it was a date. Raises ``BadOption``.

    A time without an offset is what the clocks of ``zone`` show; one that they show twice or never wants its offset.
    """
    whole = _DATE.fullmatch(text) is not None
    try:
        found = datetime.combine(date.fromisoformat(text), time.min) if whole else datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.year not in _YEARS or not _DATE.match(text):
        form = "2026-12-07, 2026-12-07T15:59:59 or 2026-12-07T15:59:59+05:00"
        raise BadOption(f"--{option}: {text!r} is no date or time between 1900 and 2200; write one like {form}")
    if found.tzinfo is not None:
        return found, False
    local = found.replace(tzinfo=zone)
    if not whole and local.utcoffset() != local.replace(fold=1).utcoffset():
        raise BadOption(f"--{option}: the clocks of {zone.key} were put on or back at {text}; write the time with its offset")
    return local, whole


def read(term: Term, received: str, suspend: Sequence[str], extend: Sequence[str], zone: ZoneInfo, from_: str = "") -> Asked:
    """Return what was asked about a rule. Raises ``BadOption``.

    A rule that says nothing of suspensions or extensions gets a plain one where an option asks for it and names no
    ground; ``assumed`` says so. Several suspensions are several grounds then, so that they may overlap.
    """
    started, _ = instant(received, zone, "received")
    assumed = []
    names = [""] * len(suspend)
    if suspend and term.suspension is None and not any("@" in text for text in suspend):
        names = [ASSUMED, *(f"{ASSUMED}-{number}" for number in range(2, len(suspend) + 1))]
        term = replace(term, suspension=Suspension(tuple(Ground(name) for name in names)))
        assumed.append("suspension")
    events: list[ClockEvent] = [Triggered(started)]
    for text, name in zip(suspend, names, strict=True):
        events += _suspension(text, term, started, zone, name)
    for text in extend:
        length, at = _extension(text, started, zone)
        if term.extension is None:
            unit = term.unit if term.unit in (Unit.HOURS, Unit.WORKING_DAYS) else Unit.CALENDAR_DAYS
            term = replace(term, extension=Extension(length, unit))
            assumed.append("extension")
        events.append(Extended(at, length))
    if from_ and term.extension is not None:
        term = replace(term, extension=replace(term.extension, counted_from=type(term.extension.counted_from)(from_)))
    return Asked(term, tuple(sorted(events, key=_order)), tuple(assumed))


def _suspension(text: str, term: Term, started: datetime, zone: ZoneInfo, name: str) -> list[ClockEvent]:
    spans, _, ground = text.partition("@")
    ground = ground or name
    first, dots, last = spans.partition("..")
    if not (first and dots):
        raise BadOption(f"--suspend: {text!r} is not FROM..TO, FROM..TO@ground or FROM..")
    grounds = term.suspension.grounds if term.suspension is not None else ()
    if not ground:
        if len(grounds) != 1:
            known = ", ".join(g.name for g in grounds) or "none"
            raise BadOption(f"--suspend: the rule does not know one ground alone ({known}); write {spans}@ground")
        ground = grounds[0].name
    start = _day_or_time(first, zone, "suspend", started)
    if not last:
        return [Suspended(start, ground)]
    end, whole = instant(last, zone, "suspend")
    if whole:  # the day named is the last that is suspended
        end = datetime.combine(end.date() + timedelta(1), time.min, zone)
    if end <= start:
        raise BadOption(f"--suspend: {text!r} ends before it begins")
    return [Suspended(start, ground), Resumed(end, ground)]


def _extension(text: str, started: datetime, zone: ZoneInfo) -> tuple[int, datetime]:
    length, _, notice = text.partition("@")
    if not (length.isascii() and length.isdigit() and 1 <= int(length) <= 3660 and notice):
        raise BadOption(f"--extend: {text!r} is not DAYS@NOTICE, like 14@2026-04-30 (1 to 3660 days)")
    return int(length), _day_or_time(notice, zone, "extend", started)


def _day_or_time(text: str, zone: ZoneInfo, option: str, started: datetime) -> datetime:
    """A date that is the day of the receipt means the rest of that day."""
    at, whole = instant(text, zone, option)
    return max(at, started) if whole and at.date() == started.astimezone(zone).date() else at


def _order(event: ClockEvent) -> tuple[datetime, int]:
    ranks: list[type[ClockEvent]] = [Triggered, Resumed, Suspended, Extended]
    return event.at, ranks.index(type(event))
