"""Which calendar ``darcha clock`` counts with: a file's, with a key the deployment's own, else the seeded one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from gateway.catalogue.calendars import IDS, seed
from gateway.catalogue.mistakes import nearest
from gateway.cli import calendar_local
from gateway.cli.output import BAD_CALL, WRONG, fail
from gateway.client import GatewayClient
from gateway.domain.calendar import Calendar, CalendarError
from gateway.domain.calendar_json import calendar_from_json

File = Annotated[
    Path | None,
    typer.Option("--calendar-file", help="count with this export of `darcha calendar export`, .json or .ics, and ask no gateway"),
]


async def calendar_of(id_: str, file: Path | None, url: str, key: str) -> Calendar:
    """Return the calendar to count with, ``id_`` or a file that holds a whole one; ends the command when there is none such.

    Raises ``GatewayRefused`` and ``GatewayUnreachable`` where a gateway is asked.
    """
    if file is None and key and not calendar_local.is_file(id_):
        async with GatewayClient(url, key) as client:
            return calendar_from_json(await client.call("GET", f"/v1/calendars/{id_}"))
    if file is None and calendar_local.is_file(id_):
        try:
            return calendar_local.calendar_of(id_)
        except CalendarError as error:
            fail(f"--calendar: {error}", BAD_CALL)
    if id_ not in IDS:
        fail(f"--calendar: {id_ or 'none given'}; {nearest(id_, IDS)}", BAD_CALL)
    return seed(id_) if file is None else _of_file(file, seed(id_))


def _of_file(file: Path, seeded: Calendar) -> Calendar:
    """Return the calendar with the file's days in the place of the seeded ones; the week stays as it is."""
    from gateway.catalogue.calendar_files import read_file  # noqa: PLC0415 - icalendar is slow to load

    try:
        read, told = read_file(file), _told(file)
    except CalendarError as error:
        fail(str(error), WRONG)
    except OSError as error:
        fail(f"--calendar-file: {file} cannot be read: {error.strerror}", BAD_CALL)
    if told.get("id", seeded.id) != seeded.id:
        fail(f"--calendar-file: {file.name} is the calendar {told['id']}, asked for is {seeded.id}", BAD_CALL)
    if told.get("year") is not None:
        fail(f"--calendar-file: {file.name} has the year {told['year']} alone; export all of the calendar", BAD_CALL)
    return replace(
        seeded,
        version=str(told.get("version", file.name)),
        days_off=read.days_off,
        working_days=read.working_days,
        decided_years=read.decided,
        history=(),
    )


def _told(file: Path) -> Mapping[str, Any]:
    """What an export in JSON says of itself."""
    if file.suffix.lower() != ".json":
        return {}
    found = json.loads(file.read_text("utf-8"))
    return found if isinstance(found, Mapping) else {}
