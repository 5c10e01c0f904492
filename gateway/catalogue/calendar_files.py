"""Calendars as files: iCalendar (RFC 5545), and YAML or JSON as the api shows them, in and out.

In iCalendar a day off is an all-day event; several days in a row may be one. What iCalendar has no word for stands in
``X-DARCHA-…`` properties, and so a calendar that was written here is read back as it was. A file from elsewhere has
none: each of its all-day events is a holiday with the summary as its name.

    CatalogueError
    └── CalendarError
        └── CalendarFileError   the file is not a calendar; the message names the event and the way out
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from icalendar import Calendar as Ics
from icalendar import Component, Event

from gateway.catalogue.holiday_names import NAMES
from gateway.domain.calendar import Calendar, CalendarError, DayKind, DayOff, WorkingDay
from gateway.domain.calendar_json import off_from_json, off_to_json, working_from_json, working_to_json
from gateway.domain.service import Text
from gateway.sdk.yaml12 import YamlInvalid, load

_DAY: Final = timedelta(days=1)
_PRODUCT: Final = "-//Darcha//Working days//EN"
_LANGUAGES: Final = ("en", "uz", "ru", "ky")
_WORKING: Final = "Working day"
#: An event that lasts longer is a mistake in the file.
_LONGEST: Final = 60


class CalendarFileError(CalendarError):
    """The file is not a calendar."""


@dataclass(frozen=True, slots=True)
class CalendarFile:
    """What a file says: exceptions by day. ``decided``: the years that it says are decided."""

    days_off: Mapping[date, DayOff] = field(default_factory=dict)
    working_days: Mapping[date, WorkingDay] = field(default_factory=dict)
    decided: frozenset[int] = frozenset()

    @property
    def years(self) -> frozenset[int]:
        """The years that have a day in the file."""
        return frozenset(day.year for day in (*self.days_off, *self.working_days))


def text_in_languages(name: str) -> Text:
    """Return a name in the four languages: translated when it is a holiday that we know in English, else as it was given."""
    plain = name.strip().split(" (", 1)[0]
    return NAMES.get(plain) or dict.fromkeys(("uz", "ru", "ky", "en"), name.strip())


def read_file(path: Path) -> CalendarFile:
    """Read ``.ics``, ``.yaml``, ``.yml`` or ``.json``. Raises ``CalendarFileError``, and ``OSError``."""
    match path.suffix.lower():
        case ".ics":
            return read_ics(path.read_bytes())
        case ".yaml" | ".yml" | ".json":
            return read_rows(path.read_text("utf-8"), str(path))
        case other:
            raise CalendarFileError(f"{path.name}: {other or 'a file without a suffix'} is not read; give .ics, .yaml or .json")


def read_rows(text: str, name: str) -> CalendarFile:
    """Read YAML or JSON: ``days_off`` and ``working_days`` as the api shows them, ``decided_years`` if they are known."""
    try:
        value = load(text.encode())
    except YamlInvalid as error:
        raise CalendarFileError(f"{name}: {error}") from error
    if not isinstance(value, Mapping) or not {"days_off", "working_days"} & value.keys():
        raise CalendarFileError(f"{name}: a calendar has days_off, working_days, or both")
    days_off: dict[date, DayOff] = {}
    working: dict[date, WorkingDay] = {}
    try:
        for row in value.get("days_off") or ():
            kept = {"kind": DayKind.HOLIDAY} | {key: part for key, part in row.items() if part is not None}
            if isinstance(kept.get("names"), str):
                kept["names"] = text_in_languages(kept["names"])
            _add(days_off, *off_from_json(kept), taken=working)
        for row in value.get("working_days") or ():
            _add(working, *working_from_json(row), taken=days_off)
        decided = frozenset(int(year) for year in value.get("decided_years") or ())
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise CalendarFileError(f"{name}: {type(error).__name__}: {error}") from error
    return CalendarFile(days_off, working, decided)


def read_ics(content: bytes) -> CalendarFile:
    """Read iCalendar. Raises ``CalendarFileError`` for what is not a list of whole days."""
    try:
        parsed = Ics.from_ical(content)
    except (ValueError, IndexError, KeyError) as error:
        raise CalendarFileError(f"this is not iCalendar: {error}") from error
    days_off: dict[date, DayOff] = {}
    working: dict[date, WorkingDay] = {}
    for event in parsed.walk("VEVENT"):
        if str(event.get("STATUS", "")).upper() == "CANCELLED":
            continue
        for day in _days(event):
            if _text(event, "X-DARCHA-KIND") == str(DayKind.MOVED_WORKING):
                moved_to = _other(event, "X-DARCHA-MOVED-TO")
                _add(working, day, WorkingDay(_text(event, "X-DARCHA-DECREE"), moved_to), taken=days_off)
            else:
                _add(days_off, day, _day_off(event), taken=working)
    if not days_off and not working:
        raise CalendarFileError("there is no event in it")
    years = _text(parsed, "X-DARCHA-DECIDED-YEARS")
    return CalendarFile(days_off, working, frozenset(int(year) for year in years.split(",") if year.strip().isdecimal()))


def _days(event: Component) -> Iterator[date]:
    name = _text(event, "SUMMARY") or _text(event, "UID") or "an event"
    if "RRULE" in event or "RDATE" in event:
        raise CalendarFileError(f"{name!r} repeats; write each day as an event of its own")
    start = event.get("DTSTART")
    first = None if start is None else start.dt
    if not isinstance(first, date) or isinstance(first, datetime):
        raise CalendarFileError(f"{name!r} is not a whole day; write DTSTART;VALUE=DATE")
    end = event.get("DTEND")
    length = event.get("DURATION")
    last = end.dt if end is not None else first + (length.dt if length is not None else _DAY)
    if not isinstance(last, date) or isinstance(last, datetime):
        raise CalendarFileError(f"{name!r} does not end with a whole day; write DTEND;VALUE=DATE, the day after the last")
    count = max((last - first).days, 1)  # an end on the first day is how some programs write one day
    if last < first or count > _LONGEST:
        raise CalendarFileError(f"{name!r} lasts from {first} to {last}; an event lasts 1 to {_LONGEST} days")
    yield from (first + n * _DAY for n in range(count))


def _day_off(event: Component) -> DayOff:
    names = {language: text for language in _LANGUAGES if (text := _text(event, f"X-DARCHA-NAME-{language.upper()}"))}
    kind = _text(event, "X-DARCHA-KIND") or str(DayKind.HOLIDAY)
    if not names and "X-DARCHA-KIND" not in event:
        names = dict(text_in_languages(_text(event, "SUMMARY")))
    try:
        row = {"date": date.min, "kind": kind, "names": names, "decree": _text(event, "X-DARCHA-DECREE")}
        return off_from_json(row | {"moved_from": _other(event, "X-DARCHA-MOVED-FROM")})[1]
    except ValueError as error:
        raise CalendarFileError(f"{_text(event, 'SUMMARY')!r}: {error}") from error


def _other(event: Component, name: str) -> date | None:
    text = _text(event, name)
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise CalendarFileError(f"{name} {text!r} is not a date as 2026-09-01") from error


def _text(component: Component, name: str) -> str:
    found = component.get(name, "")
    return str(found[0] if isinstance(found, list) else found).strip()


def _add(into: dict[date, Any], day: date, value: Any, *, taken: Mapping[date, Any]) -> None:
    if day in taken or (day in into and into[day] != value):
        raise CalendarFileError(f"{day} is named twice, in two ways")
    into[day] = value


def write_ics(calendar: Calendar, year: int | None = None, language: str = "en") -> bytes:
    """Return the exceptions of a calendar, of one year or of all, as iCalendar. The same calendar gives the same bytes."""
    made = Ics()
    made.add("prodid", _PRODUCT)
    made.add("version", "2.0")
    made.add("x-wr-calname", f"{calendar.id}@{calendar.version}")
    years = sorted(y for y in calendar.decided_years if year in (None, y))
    if years:
        made.add("x-darcha-decided-years", ",".join(map(str, years)))
    for day, off in sorted(calendar.days_off.items()):
        if year in (None, day.year):
            summary = off.names.get(language) or off.names.get("en") or str(off.kind)
            made.add_component(_event(calendar.id, day, summary, off_to_json(day, off)))
    for day, working in sorted(calendar.working_days.items()):
        if year in (None, day.year):
            row = working_to_json(day, working) | {"kind": str(DayKind.MOVED_WORKING)}
            made.add_component(_event(calendar.id, day, _WORKING, row))
    written: bytes = made.to_ical()
    return written


def _event(calendar: str, day: date, summary: str, row: Mapping[str, Any]) -> Event:
    event = Event()
    event.add("uid", f"{day.isoformat()}.{calendar.lower()}@darcha")
    event.add("dtstamp", datetime(day.year, 1, 1))  # noqa: DTZ001 - required; the file says nothing of when it was made
    event.add("dtstart", day)
    event.add("dtend", day + _DAY)
    event.add("summary", summary)
    event.add("transp", "TRANSPARENT")
    for key, name in (("kind", "KIND"), ("decree", "DECREE"), ("moved_from", "MOVED-FROM"), ("moved_to", "MOVED-TO")):
        if row.get(key):
            event.add(f"X-DARCHA-{name}", row[key])
    for language, text in row.get("names", {}).items():
        event.add(f"X-DARCHA-NAME-{language.upper()}", text)
    return event
