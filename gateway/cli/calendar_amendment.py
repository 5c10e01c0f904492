"""What the command line says of an amendment, as the body that the api takes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

import typer

from gateway.domain.calendar import Calendar, DayKind, DayOff
from gateway.domain.calendar_json import off_to_json, working_to_json

if TYPE_CHECKING:
    from gateway.catalogue.calendar_files import CalendarFile


def body_of(
    decree: str,
    note: str,
    off: Iterable[str],
    working: Iterable[str],
    plain: Iterable[str],
    moved: Iterable[str],
    decided: Iterable[int],
) -> dict[str, Any]:
    """Return the body. Raises ``typer.BadParameter`` for a date or a pair that is not written as it should be."""
    from gateway.catalogue.calendar_files import text_in_languages  # noqa: PLC0415 - icalendar is slow to load

    days_off: list[dict[str, Any]] = []
    for given in off:
        day, _, name = given.partition("=")
        names = {"names": dict(text_in_languages(name))} if name.strip() else {}
        days_off.append({"date": _day(day, "--off"), **names})
    moves = []
    for given in moved:
        from_, equals, to = given.partition("=")
        if not equals:
            raise typer.BadParameter(f"{given!r}: write it as FROM=TO, 2026-12-12=2026-12-31", param_hint="--moved")
        moves.append({"from": _day(from_, "--moved"), "to": _day(to, "--moved")})
    lists = {
        "off": days_off,
        "working": [_day(day, "--working") for day in working],
        "plain": [_day(day, "--plain") for day in plain],
        "moved": moves,
        "decided": list(decided),
    }
    return {"decree": decree, "note": note, **{name: rows for name, rows in lists.items() if rows}}


def changes_of(read: CalendarFile, current: Calendar, *, replace: bool) -> dict[str, Any]:
    """Return what a file says that the calendar does not say yet, as a part of the body.

    A plain day off of a file from elsewhere changes nothing where there is a day off already. ``replace``: in the years
    of the file, exceptions that it does not name are taken away.
    """
    known_off, known_working = current.days_off, current.working_days
    off = [off_to_json(d, rest) for d, rest in sorted(read.days_off.items()) if not _known(known_off.get(d), rest)]
    working = [working_to_json(d, work) for d, work in sorted(read.working_days.items()) if known_working.get(d) != work]
    gone: list[date] = []
    if replace:
        named = read.days_off.keys() | read.working_days.keys()
        gone = sorted(d for d in {*known_off, *known_working} - named if d.year in read.years)
    decided = sorted(read.decided - current.decided_years)
    parts: Mapping[str, list[Any]] = {
        "days_off": off,
        "working_days": working,
        "plain": [d.isoformat() for d in gone],
        "decided": decided,
    }
    return {name: rows for name, rows in parts.items() if rows}


def _known(known: DayOff | None, read: DayOff) -> bool:
    bare = read.kind is DayKind.HOLIDAY and not read.decree and read.moved_from is None
    return known is not None and (bare or known == read)


def _day(text: str, option: str) -> str:
    try:
        return date.fromisoformat(text.strip()).isoformat()
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a date as 2026-09-01", param_hint=option) from None
