"""Amending a calendar: what the decree says is typed in, what that changes is shown, and only then it is made.

Days are written one a line as ``YYYY-MM-DD``, a move as two of them. The form carries the number of the version that was read:
when the calendar has moved meanwhile, nothing is done.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import Any, Final

from starlette.responses import Response

from gateway.application.calendar_reach import MOST_COUNTED
from gateway.application.calendars import AmendCalendar
from gateway.console.calendar_view import changes, first_change
from gateway.console.calendars import version_of
from gateway.console.errors import Shown, problems_of
from gateway.console.pages import Pages
from gateway.console.scopes import Scope
from gateway.console.visit import Visit
from gateway.domain.amendment import Amendment, Move
from gateway.domain.calendar import Calendar
from gateway.domain.errors import BadInput, Conflict, Problem, Refusal

pages = Pages()
FIELDS: Final = ("decree", "note", "off", "working", "moved", "plain", "decided")
_DAYS: Final = ("off", "working", "plain")
_LONGEST: Final = 4000
_MOST_LINES: Final = 120
_LANGUAGES: Final = ("uz", "ru", "ky", "en")


@pages.get("/calendars/{calendar}/amend", Scope.OPERATE)
async def ask(visit: Visit) -> Response:
    """The form; the query may fill fields in (``?plain=2026-05-02``)."""
    kept = await version_of(visit, visit.request.path_params["calendar"])
    values = {name: visit.request.query_params.get(name, "")[:200] for name in FIELDS}
    return await _form(visit, kept.calendar, kept.entry.number, values)


@pages.post("/calendars/{calendar}/amend")
async def amend(visit: Visit) -> Response:
    """Show what would change; with ``step=confirm``, make it."""
    id_ = visit.request.path_params["calendar"]
    values = {name: str(visit.form.get(name, ""))[:_LONGEST] for name in FIELDS}
    number = str(visit.form.get("number", ""))
    amender = AmendCalendar(visit.parts.deployment.calendars, visit.parts.store, visit.parts.bus)
    current = await version_of(visit, id_)
    read = int(number) if number.isdecimal() and len(number) < 9 else -1
    try:
        made = _amendment(values)
        if visit.form.get("step") == "confirm":
            kept = await amender.run(id_, made, by=visit.actor, note=values["note"].strip(), if_number=read)
            return visit.redirect(f"/calendars/{id_}/changes", to=str(kept.entry.number), done="calendar_amended")
        was, tried = await amender.tried(id_, made, if_number=read)
    except BadInput as error:
        return await _form(visit, current.calendar, read, values, _by_field(error, visit.language), 422)
    except Conflict as error:
        shown = problems_of(error, visit.language)
        return await _form(visit, current.calendar, current.entry.number, values, shown, 409)
    return await _form(visit, was.calendar, read, values, tried=tried)


def _by_field(error: Refusal, language: str) -> list[Shown]:
    """A problem of one line belongs to the field that holds all of them."""
    return [Shown(shown.field.partition("_")[0], shown.text) for shown in problems_of(error, language)]


async def _form(
    visit: Visit,
    calendar: Calendar,
    number: int,
    values: Mapping[str, str],
    problems: Sequence[Shown] = (),
    status: int = 200,
    *,
    tried: Calendar | None = None,
) -> Response:
    reached, since = 0, None if tried is None else first_change(calendar, tried)
    if since is not None:
        at = datetime.combine(since, time.min, visit.parts.zone).astimezone(UTC)
        reached = await visit.parts.reach.clocks_reached(calendar.id, at, MOST_COUNTED)
    shown: dict[str, Any] = {
        "calendar": calendar,
        "number": number,
        "values": values,
        "problems": problems,
        "preview": None if tried is None else changes(calendar, tried),
        "decided": [] if tried is None else sorted(tried.decided_years - calendar.decided_years),
        "reached": reached,
        "most": MOST_COUNTED,
    }
    return visit.render("calendar_amend.html", status=status, **shown)


def _amendment(values: Mapping[str, str]) -> Amendment:
    """Return what the form says. Raises ``BadInput`` with every line that cannot be read."""
    problems: list[Problem] = []
    days: dict[str, list[date]] = {}
    names: dict[date, dict[str, str]] = {}
    for field in _DAYS:
        days[field] = []
        for line in _lines(field, values[field], problems):
            written, _, name = line.partition(" ")
            day = _day(field, written, problems)
            if day is not None and day in days[field]:
                problems.append(Problem(f"/{field}", "day_twice", f"{day} is named twice", {"day": str(day)}))
            elif day is not None:
                days[field].append(day)
                if name.strip():
                    names[day] = dict.fromkeys(_LANGUAGES, name.strip()[:200])
    moved = []
    for line in _lines("moved", values["moved"], problems):
        parts = re.split(r"[\s→>]+", line)
        pair = [_day("moved", part, problems) for part in parts[:2]]
        if len(parts) != 2:
            problems.append(Problem("/moved", "bad_move", "a move names two days"))
        elif pair[0] is not None and pair[1] is not None:
            moved.append(Move(pair[0], pair[1]))
    decided = _years(values["decided"], problems)
    if problems:
        raise BadInput(problems)
    return Amendment(
        decree=values["decree"].strip()[:500],
        off={day: names.get(day, {}) for day in days["off"]},
        working=tuple(days["working"]),
        plain=tuple(days["plain"]),
        moved=tuple(moved),
        decided=decided,
    )


def _years(text: str, problems: list[Problem]) -> tuple[int, ...]:
    found = []
    for word in re.split(r"[\s,;]+", text.strip()):
        if word.isdecimal() and len(word) == 4:
            found.append(int(word))
        elif word:
            problems.append(Problem("/decided", "bad_year", "a year has four digits"))
    return tuple(found)


def _lines(field: str, text: str, problems: list[Problem]) -> list[str]:
    found = [line.strip() for line in text.splitlines() if line.strip()]
    if len(found) > _MOST_LINES:
        problems.append(Problem(f"/{field}", "too_many_lines", f"{_MOST_LINES} lines at most"))
    return found[:_MOST_LINES]


def _day(field: str, text: str, problems: list[Problem]) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        problems.append(Problem(f"/{field}", "bad_date", "a day is written as YYYY-MM-DD"))
        return None
