"""The calendars: which there are, a year of one, its versions, and what two versions see differently."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from starlette.responses import Response

from gateway.application.store import CalendarEntry, CalendarVersion
from gateway.console.calendar_view import changes, year_of
from gateway.console.pages import Pages
from gateway.console.scopes import Scope
from gateway.console.visit import Visit
from gateway.domain.amendment import FIRST_YEAR, LAST_YEAR
from gateway.domain.calendar import Calendar
from gateway.domain.errors import NotFound

pages = Pages()
#: The versions that stand on a calendar's page; a calendar is amended a few times a year.
_VERSIONS: Final = 100


@dataclass(frozen=True, slots=True)
class Listed:
    """A calendar in the list. ``behind``: clocks in flight that are still to be derived with its current version."""

    calendar: Calendar
    entry: CalendarEntry
    behind: int


@pages.get("/calendars", Scope.OPERATE)
async def list_calendars(visit: Visit) -> Response:
    """All calendars with their current versions."""
    store, found = visit.parts.store, []
    for id_ in sorted(await store.calendar_numbers()):
        kept = await version_of(visit, id_)
        found.append(Listed(kept.calendar, kept.entry, await store.clocks_behind(id_)))
    return visit.render("calendars.html", calendars=found, year=_today(visit).year)


@pages.get("/calendars/{calendar}", Scope.OPERATE)
async def show(visit: Visit) -> Response:
    """A year of a calendar, as its current version or an older one sees it."""
    query = visit.request.query_params
    id_ = visit.request.path_params["calendar"]
    kept = await version_of(visit, id_, query.get("version", ""))
    year = _year(query.get("year", ""), _today(visit).year)
    entries = await visit.parts.store.calendar_entries(id_)
    months = year_of(kept.calendar, year)
    return visit.render(
        "calendar.html",
        kept=kept,
        year=year,
        first=FIRST_YEAR,
        last=LAST_YEAR,
        months=months,
        today=_today(visit),
        provisional=year not in kept.calendar.decided_years,
        working=sum(month.working for month in months),
        entries=entries[:_VERSIONS],
        current=entries[0].number,
        behind=await visit.parts.store.clocks_behind(id_),
    )


@pages.get("/calendars/{calendar}/changes", Scope.OPERATE)
async def compare(visit: Visit) -> Response:
    """What two versions see differently; without names the current one and the one before."""
    query = visit.request.query_params
    id_ = visit.request.path_params["calendar"]
    now = await version_of(visit, id_, query.get("to", ""))
    was = await version_of(visit, id_, query.get("from", "") or str(max(1, now.entry.number - 1)))
    return visit.render(
        "calendar_changes.html",
        was=was,
        now_=now,
        days=changes(was.calendar, now.calendar),
        decided=sorted(now.calendar.decided_years - was.calendar.decided_years),
        undecided=sorted(was.calendar.decided_years - now.calendar.decided_years),
        entries=(await visit.parts.store.calendar_entries(id_))[:_VERSIONS],
    )


async def version_of(visit: Visit, id_: str, number: str = "") -> CalendarVersion:
    """Return a version of a calendar by its number, the current one without. Raises ``NotFound``."""
    if number and not (number.isdecimal() and len(number) < 9):
        raise NotFound("not_found", f"there is no version {number[:60]!r} of a calendar")
    found = await visit.parts.store.calendar_version(id_, int(number) if number else None)
    if found is None:
        raise NotFound("not_found", f"there is no calendar {id_[:60]!r}")
    return found


def _today(visit: Visit) -> date:
    return visit.parts.now().astimezone(visit.parts.zone).date()


def _year(text: str, otherwise: int) -> int:
    year = int(text) if text.isdecimal() and len(text) == 4 else otherwise
    return min(max(year, FIRST_YEAR), LAST_YEAR)
