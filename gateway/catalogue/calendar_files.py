"""Calendars as files: iCalendar (RFC 5545), and YAML or JSON as the api shows them, in and out.

In iCalendar a day off is an all-day event; several days in a row may be one. What iCalendar has no word for stands in
``X-DARCHA-…`` properties, and so a calendar that was written here is read back as it was. A file from elsewhere has
none: each of its all-day events is a holiday with the summary as its name.

    CatalogueError
    └── CalendarError
        └── CalendarFileError   the file is not a calendar; the message names the event and the way out
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final, TypeVar

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
_OFF_KEYS: Final = ("date", "kind", "names", "decree", "moved_from")
_WORKING_KEYS: Final = ("date", "decree", "moved_to")
_Row = TypeVar("_Row")
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
            try:
                return read_rows(path.read_text("utf-8"), str(path))
            except UnicodeDecodeError as error:
                raise CalendarFileError(f"{path.name} is not text in UTF-8: {error.reason}") from error
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
    for row, place in _rows(value, "days_off", name, _OFF_KEYS):
        _add(days_off, *_read(place, _off, row), taken=working)
    for row, place in _rows(value, "working_days", name, _WORKING_KEYS):
        _add(working, *_read(place, working_from_json, row), taken=days_off)
    years = value.get("decided_years") or ()
    if not isinstance(years, list | tuple) or not all(type(year) is int for year in years):
        raise CalendarFileError(f"{name}: decided_years: {years!r} is not a list of years; write [2026, 2027]")
    return CalendarFile(days_off, working, frozenset(years))


def _rows(value: Mapping[str, Any], key: str, name: str, known: Sequence[str]) -> Iterator[tuple[dict[str, Any], str]]:
    """The rows of a list that say something, without what is empty, and the place of each for messages."""
    rows = value.get(key) or ()
    if not isinstance(rows, list | tuple):
        raise CalendarFileError(f"{name}: {key} is not a list; write - {{date: 2026-09-01}} for each day")
    for number, row in enumerate(rows):
        place = f"{name}: {key}[{number}]"
        if not isinstance(row, Mapping):
            raise CalendarFileError(f"{place}: {row!r} is not a day; write {{date: 2026-09-01}}")
        if strange := sorted(row.keys() - set(known)):
            raise CalendarFileError(f"{place}: the key {strange[0]!r} is not known; there are {', '.join(known)}")
        yield {part: said for part, said in row.items() if said is not None}, place


def _read(place: str, read: Callable[[dict[str, Any]], _Row], row: dict[str, Any]) -> _Row:
    try:
        return read(row)
    except KeyError as error:
        raise CalendarFileError(f"{place}: the key {error} is missing") from error
    except (TypeError, ValueError, AttributeError) as error:
        raise CalendarFileError(f"{place}: {error}; write {{date: 2026-09-01, names: Nowruz}}, dates as text") from error


def _off(row: dict[str, Any]) -> tuple[date, DayOff]:
    named = row.get("names", {})
    if isinstance(named, str):
        named = text_in_languages(named)
    elif not isinstance(named, Mapping):
        raise TypeError(f"names: {named!r} is neither a text nor one for each language")
    return off_from_json({"kind": DayKind.HOLIDAY} | row | {"names": named})


def read_ics(content: bytes) -> CalendarFile:
    """Read iCalendar. Raises ``CalendarFileError`` for what is not a list of whole days."""
    try:
        parsed = Ics.from_ical(content)
    except (ValueError, IndexError, KeyError, TypeError, AttributeError) as error:
        raise CalendarFileError(f"this is not iCalendar: {error}") from error
    days_off: dict[date, DayOff] = {}
    working: dict[date, WorkingDay] = {}
    for event in parsed.walk("VEVENT"):
        if _text(event, "STATUS").upper() == "CANCELLED":
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
    first = _value(event, "DTSTART", name)
    if not isinstance(first, date) or isinstance(first, datetime):
        raise CalendarFileError(f"{name!r} is not a whole day; write DTSTART;VALUE=DATE")
    end, length = _value(event, "DTEND", name), _value(event, "DURATION", name)
    try:
        last = end if end is not None else first + (_DAY if length is None else length)
    except (TypeError, OverflowError) as error:
        raise CalendarFileError(f"{name!r} lasts {length!s}, which no day can; write DTEND;VALUE=DATE") from error
    if not isinstance(last, date) or isinstance(last, datetime):
        raise CalendarFileError(f"{name!r} does not end with a whole day; write DTEND;VALUE=DATE, the day after the last")
    count = max((last - first).days, 1)  # an end on the first day is how some programs write one day
    if last < first or count > _LONGEST:
        raise CalendarFileError(f"{name!r} lasts from {first} to {last}; an event lasts 1 to {_LONGEST} days")
    yield from (first + n * _DAY for n in range(count))


def _value(event: Component, key: str, name: str) -> Any:
    """The date, time or length of a property; ``None`` where it is missing."""
    found = event.get(key)
    try:
        return None if found is None else found.dt
    except (AttributeError, ValueError) as error:
        raise CalendarFileError(f"{name!r}: {key} stands there twice or is no date; write {key};VALUE=DATE:20260901") from error


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
