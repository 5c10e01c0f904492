"""Reads ``schemas/offices.yaml``."""

from __future__ import annotations

from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from gateway.catalogue.calendars import IDS
from gateway.catalogue.folder import Folder
from gateway.catalogue.mistakes import nearest
from gateway.catalogue.section import HOURS, ID, TERRITORY, Section
from gateway.domain.office import Office

FILE: Final = "schemas/offices.yaml"


def read_offices(folder: Folder) -> dict[str, Office]:
    """Return the offices by id; mistakes are noted in the folder's list."""
    root = folder.yaml(FILE)
    if root is None:
        return {}
    sections = root.sections("offices")
    root.done()
    offices: dict[str, Office] = {}
    for section in sections:
        office = _office(section)
        if office.id in offices:
            section.wrong("id", f"an id of its own; {office.id} stands there twice", "give this office another id")
        elif office.id:
            offices[office.id] = office
    for section in sections:
        _parent(section, offices)
    if not sections:
        root.wrong("offices", "at least one office", "add one")
    return offices


def _office(section: Section) -> Office:
    made = Office(
        id=section.text("id", pattern=ID, like="namangan-center"),
        title=section.title("title"),
        territory=section.text("territory", pattern=TERRITORY, like='"1714401"'),
        time_zone=section.text("time_zone", like="Asia/Tashkent"),
        calendar=section.one_of("calendar", IDS),
        hours=hours(section, "hours", "09:00-18:00"),
        parent=section.text("parent", "", blank=True),
        mobile=section.boolean("mobile", False),
        territories=territories(section),
    )
    if made.time_zone:
        try:
            ZoneInfo(made.time_zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            section.wrong("time_zone", f"an IANA time zone, not {made.time_zone!r}", "write Asia/Tashkent or Asia/Bishkek")
    section.done()
    return made


def territories(section: Section) -> tuple[str, ...]:
    """Return the key ``territories``: district codes."""
    found = section.texts("territories", ())
    for code in found:
        if TERRITORY.fullmatch(code) is None:
            section.wrong("territories", f"district codes of 7 to 14 digits, not {code!r}", 'write the official code: "1714401"')
    return found


def hours(section: Section, key: str, default: str) -> str:
    """Return opening hours ``HH:MM-HH:MM`` that end after they begin."""
    found = section.text(key, default, HOURS, '"09:00-18:00"', blank=True)
    begin, _, end = found.partition("-")
    if found and begin >= end:
        section.wrong(key, "hours that end after they begin", 'write them as "09:00-18:00"')
        return default
    return found


def _parent(section: Section, offices: dict[str, Office]) -> None:
    parent = section.text("parent", "", blank=True)
    if parent and parent not in offices:
        section.wrong("parent", f"the id of an office, not {parent!r}", nearest(parent, offices))
    seen = set()
    while parent in offices:
        if parent in seen:
            section.wrong("parent", "a parent that leads to the top; these offices are one another's parents", "leave one out")
            return
        seen.add(parent)
        parent = offices[parent].parent
