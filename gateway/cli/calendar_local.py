"""Calendars without a gateway: the seeded ones, and those that ``calendar export`` or ``calendar amend --to`` wrote."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any, Final

from gateway.catalogue.calendars import seed
from gateway.domain.amendment import Amendment, Move, amend
from gateway.domain.calendar import Calendar, CalendarError, DayKind
from gateway.domain.calendar_json import calendar_from_json, calendar_to_json, off_from_json, working_from_json

FILE: Final = ".json"


def is_file(given: str) -> bool:
    """Whether what was given instead of an id is a file."""
    return given.lower().endswith(FILE)


def calendar_of(given: str) -> Calendar:
    """Return the seeded calendar of that id, or the one that a file holds whole. Raises ``CalendarError``."""
    if not is_file(given):
        return seed(given)
    try:
        return calendar_from_json(json.loads(Path(given).read_text("utf-8")))
    except OSError as error:
        raise CalendarError(f"{given} cannot be read: {error.strerror or error}") from error
    except (ValueError, RecursionError) as error:
        raise CalendarError(f"{given} is not JSON as calendar export writes it: {error}") from error
    except CalendarError as error:
        raise CalendarError(f"{given}: {error}; calendar export writes one that can be read") from error


def amended(calendar: Calendar, body: Mapping[str, Any]) -> Calendar:
    """Return the calendar as the amendment of ``body`` makes it, under its next version. Raises ``BadInput``."""
    day = date.fromisoformat
    rows = (row | {"kind": row.get("kind", DayKind.HOLIDAY)} for row in body.get("days_off", ()))
    amendment = Amendment(
        decree=body["decree"],
        off={day(row["date"]): dict(row.get("names", {})) for row in body.get("off", ())},
        working=tuple(map(day, body.get("working", ()))),
        plain=tuple(map(day, body.get("plain", ()))),
        moved=tuple(Move(day(move["from"]), day(move["to"])) for move in body.get("moved", ())),
        decided=tuple(body.get("decided", ())),
        days_off=dict(off_from_json(row) for row in rows),
        working_days=dict(working_from_json(row) for row in body.get("working_days", ())),
    )
    base, _, number = calendar.version.partition("+")
    return amend(calendar, amendment, f"{base}+{int(number) + 1 if number.isdecimal() else 1}")


def write(calendar: Calendar, file: Path) -> None:
    """Write the whole calendar, so that ``calendar_of`` reads it back. Raises ``OSError``."""
    shown = calendar_to_json(calendar)
    file.write_text(json.dumps(shown, ensure_ascii=False, indent=2) + "\n", "utf-8")
