"""How calendars and their differences are printed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from gateway.cli.output import out, table
from gateway.domain.calendar_json import calendar_from_json

WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def week(weekend: list[int]) -> str:
    """Return which days of the week do not work, in words."""
    rests = ", ".join(WEEKDAYS[day] for day in weekend)
    return f"{rests or 'no day'} off"


def ics_of(shown: Mapping[str, Any], language: str) -> bytes:
    """Return a calendar as iCalendar."""
    from gateway.catalogue.calendar_files import write_ics  # noqa: PLC0415 - icalendar is slow to load

    return write_ics(calendar_from_json(shown), shown["year"], language)


def print_calendar(shown: Mapping[str, Any], language: str) -> None:
    """Print a calendar day by day."""
    ground = f", {shown['decree']}" if shown["decree"] else ""
    out.print(f"{shown['id']} version {shown['version']} by {shown['made_by']}{ground}", markup=False)
    year = shown["year"]
    if year is not None:
        says = "provisional: no decree stands for it yet" if shown["provisional"] else "decided"
        out.print(f"{year} is {says}", markup=False)
    rows = [(d["date"], d["kind"], _name(d["names"], language), d["moved_from"], d["decree"]) for d in shown["days_off"]]
    rows += [(d["date"], "moved_working", "", d["moved_to"], d["decree"]) for d in shown["working_days"]]
    days = [(day, date.fromisoformat(day).strftime("%a"), *more) for day, *more in sorted(rows)]
    table("", ("date", "", "kind", "name", "exchanged with", "decree"), days)


def print_diff(found: Mapping[str, Any]) -> None:
    """Print what two calendars see differently."""
    out.print(f"{found['from']} → {found['to']}", markup=False)
    rows = [
        (d["date"], d["was"]["kind"], d["now"]["kind"], _name(d["now"]["names"], "en"), d["now"]["decree"]) for d in found["days"]
    ]
    if rows:
        table("", ("date", "was", "is", "name", "decree"), rows)
    for name, says in (("decided", "decided now"), ("undecided", "no longer decided")):
        if found[name]:
            out.print(f"{says}: {', '.join(map(str, found[name]))}", markup=False)


def _name(names: Mapping[str, str], language: str) -> str:
    return names.get(language) or names.get("en") or next(iter(names.values()), "")
