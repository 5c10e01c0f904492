"""Calendars of working days: read by operators, and amended by them with the decree cited."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query
from starlette.responses import Response

from gateway.api.answers import json_answer
from gateway.api.auth import Operator
from gateway.api.bodies import StrictRoute
from gateway.api.calendar_shapes import (
    AmendedOut,
    AmendmentBody,
    AmendQuery,
    CalendarList,
    CalendarOut,
    CalendarQuery,
    DiffOut,
    DiffQuery,
    ExactWorkingBody,
    OffBody,
    VersionList,
)
from gateway.api.docs import known
from gateway.api.door import Door, DoorDep, etag
from gateway.application.calendars import AmendCalendar
from gateway.application.store import CalendarEntry, CalendarVersion
from gateway.domain.amendment import Amendment, Move
from gateway.domain.calendar import Calendar, DayKind, DayOff, WorkingDay
from gateway.domain.calendar_json import diff_to_json, exceptions_to_json
from gateway.domain.errors import BadInput, Conflict, NotFound, Problem
from gateway.domain.service import Text

router = APIRouter(tags=["calendars"], route_class=StrictRoute)
IfMatch = Annotated[str | None, Header(description="The ETag that was read; 412 when the calendar has moved since.")]


@router.get("/v1/calendars", operation_id="listCalendars", responses={200: {"model": CalendarList}, **known()})
async def list_calendars(caller: Operator, door: DoorDep) -> Response:  # noqa: ARG001 - the scope is what counts
    """List the calendars with their current versions, and how many clocks are still to be derived anew."""
    store = door.parts.store
    items = []
    for id_ in sorted(await store.calendar_numbers()):
        kept = await _version(door, id_, "")
        items.append(_brief(kept.calendar) | _entry(kept.entry) | {"behind": await store.clocks_behind(id_)})
    return json_answer({"items": items})


@router.get(
    "/v1/calendars/{calendar}",
    operation_id="getCalendar",
    responses={200: {"model": CalendarOut}, 304: {"description": "Unchanged since If-None-Match"}, **known(404)},
)
async def get_calendar(
    calendar: str,
    caller: Operator,  # noqa: ARG001 - as above
    door: DoorDep,
    wanted: Annotated[CalendarQuery, Query()],
    if_none_match: Annotated[str | None, Header()] = None,
) -> Response:
    """Return a version of a calendar, or one year of it. The ETag is the version's number."""
    kept = await _version(door, calendar, wanted.version)
    tag = etag(kept.entry.number)
    if if_none_match is not None and tag in [t.strip().removeprefix("W/") for t in if_none_match.split(",")]:
        return Response(status_code=304, headers={"etag": tag})
    year = wanted.year
    shown = _brief(kept.calendar) | _entry(kept.entry) | exceptions_to_json(kept.calendar, year)
    shown |= {"year": year, "provisional": None if year is None else year not in kept.calendar.decided_years}
    return json_answer(shown, headers={"etag": tag})


@router.get(
    "/v1/calendars/{calendar}/versions",
    operation_id="listCalendarVersions",
    responses={200: {"model": VersionList}, **known(404)},
)
async def list_versions(calendar: str, caller: Operator, door: DoorDep) -> Response:  # noqa: ARG001 - as above
    """Return who made each version of a calendar, when and why, the current one first."""
    entries = await door.parts.store.calendar_entries(calendar)
    if not entries:
        raise _unknown(calendar)
    return json_answer({"items": [_entry(entry) for entry in entries]})


@router.get("/v1/calendars/{calendar}/diff", operation_id="diffCalendar", responses={200: {"model": DiffOut}, **known(404)})
async def diff_calendar(
    calendar: str,
    caller: Operator,  # noqa: ARG001 - as above
    door: DoorDep,
    wanted: Annotated[DiffQuery, Query()],
) -> Response:
    """Return what two versions see differently."""
    was, now = await _version(door, calendar, wanted.from_), await _version(door, calendar, wanted.to)
    return json_answer(diff_to_json(was.calendar, now.calendar))


@router.post(
    "/v1/calendars/{calendar}/amendments",
    operation_id="amendCalendar",
    responses={200: {"model": AmendedOut}, **known(400, 404, 412, 413, 415)},
)
async def amend_calendar(
    calendar: str,
    body: AmendmentBody,
    caller: Operator,
    door: DoorDep,
    wanted: Annotated[AmendQuery, Query()],
    if_match: IfMatch = None,
) -> Response:
    """Amend a calendar: a further version, by which the clocks in flight are derived anew in the background."""
    parts = door.parts
    amend = AmendCalendar(parts.deployment.calendars, parts.store, parts.bus)
    amendment, number = _amendment(body), _number_of(if_match)
    if wanted.dry_run:
        was, made = await amend.tried(calendar, amendment, if_number=number)
        return json_answer(_amended(was.calendar, made, was.entry.number + 1, dry_run=True))
    kept = await amend.run(calendar, amendment, by=caller.actor, note=body.note, if_number=number)
    before = await _version(door, calendar, str(kept.entry.number - 1))
    shown = _amended(before.calendar, kept.calendar, kept.entry.number, dry_run=False)
    return json_answer(shown, headers={"etag": etag(kept.entry.number)})


async def _version(door: Door, id_: str, wanted: str) -> CalendarVersion:
    store = door.parts.store
    if wanted.isdecimal() and len(wanted) < 9:
        found = await store.calendar_version(id_, int(wanted))
    else:
        found = await store.calendar_version(id_, version=wanted)
    if found is None:
        raise _unknown(f"{id_}@{wanted}" if wanted else id_)
    return found


def _unknown(name: str) -> NotFound:
    return NotFound("not_found", f"there is no calendar {name[:60]!r}")


def _number_of(if_match: str | None) -> int | None:
    if if_match is None or if_match.strip() == "*":
        return None
    plain = if_match.strip().strip('"')
    if not plain.isdecimal() or len(plain) > 9:
        raise Conflict("calendar_moved", "If-Match names no version of this calendar; read it again and send its ETag")
    return int(plain)


def _amendment(body: AmendmentBody) -> Amendment:
    """Raises ``BadInput`` when a list names a day twice: a mapping would keep the last in silence."""
    broken = [*_twice("off", body.off), *_twice("days_off", body.days_off), *_twice("working_days", body.working_days)]
    if broken:
        raise BadInput(broken)
    return Amendment(
        decree=body.decree,
        off={off.date: _text(off) for off in body.off},
        working=tuple(body.working),
        plain=tuple(body.plain),
        moved=tuple(Move(move.from_, move.to) for move in body.moved),
        decided=tuple(body.decided),
        days_off={o.date: DayOff(DayKind(o.kind), _text(o), o.decree, o.moved_from) for o in body.days_off},
        working_days={w.date: WorkingDay(w.decree, w.moved_to) for w in body.working_days},
    )


def _text(body: OffBody) -> Text:
    return {str(language): name for language, name in body.names.items()}


def _twice(name: str, rows: Sequence[OffBody | ExactWorkingBody]) -> Iterator[Problem]:
    seen: set[date] = set()
    for place, row in enumerate(rows):
        if row.date in seen:
            message = f"{row.date} is named twice in one amendment"
            yield Problem(f"/{name}/{place}", "day_twice", message, {"day": str(row.date)})
        seen.add(row.date)


def _brief(calendar: Calendar) -> dict[str, Any]:
    return {
        "id": calendar.id,
        "jurisdiction": calendar.jurisdiction,
        "weekend": sorted(calendar.weekend),
        "decided_years": sorted(calendar.decided_years),
    }


def _entry(entry: CalendarEntry) -> dict[str, Any]:
    names = ("number", "version", "made_at", "made_by", "decree", "note")
    return {name: getattr(entry, name) for name in names}


def _amended(was: Calendar, made: Calendar, number: int, *, dry_run: bool) -> dict[str, Any]:
    return {
        "id": made.id,
        "number": number,
        "version": made.version,
        "decree": made.history[-1].decree,
        "dry_run": dry_run,
        "changes": diff_to_json(was, made),
    }
