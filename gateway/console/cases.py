"""The list of cases, its filters, and the filters that somebody keeps."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

from starlette.responses import Response

from gateway.application.overview import Count, Group
from gateway.application.reads import CaseFilter, Page, Sort
from gateway.console import case_filter
from gateway.console.errors import Shown, problems_of
from gateway.console.pages import Pages
from gateway.console.scopes import Scope
from gateway.console.visit import Visit
from gateway.domain.case import CaseStatus
from gateway.domain.errors import BadInput, NotFound
from gateway.domain.number import normalise

pages = Pages()
_PAGE: Final = 50
#: The name under which filters of this list are kept.
_KEPT_FOR: Final = "cases"


@pages.get("/cases")
async def list_cases(visit: Visit) -> Response:
    """The list, newest first or the least time remaining first."""
    return await _list(visit)


async def _list(visit: Visit, problems: list[Shown] | None = None) -> Response:
    found, statuses, problems = Page(), list[StatusCount](), problems or []
    reads, after = visit.parts.reads, visit.request.query_params.get("after", "")[:400]
    try:
        wanted, order = case_filter.wanted(visit), case_filter.order(visit)
        found = await reads.cases(wanted, after, _PAGE, order)
        statuses = await _statuses(visit, replace(wanted, status=""))
    except BadInput as error:
        problems += problems_of(error, visit.language)
    chosen, filters = case_filter.chosen(visit), case_filter.shown(visit)
    saved = await visit.parts.accounts.filters(visit.name, _KEPT_FOR)
    return visit.render(
        "cases.html",
        status=422 if problems else 200,
        cases=found.items,
        by_due=chosen.get("sort") == Sort.DUE,
        statuses=statuses,
        older=visit.with_query(after=found.after) if found.after else "",
        newest=visit.with_query(after="") if "after" in visit.request.query_params else "",
        filters=filters,
        labels={f.name: f.label for f in filters},
        chosen=chosen,
        query=urlencode(chosen),
        saved=saved,
        problems=problems,
    )


@dataclass(frozen=True, slots=True)
class StatusCount:
    """How many cases of the list have a status, and the list of those alone."""

    status: str
    count: Count
    address: str
    chosen: bool


async def _statuses(visit: Visit, wanted: CaseFilter) -> list[StatusCount]:
    """Count the list by status where that takes no longer than the list itself."""
    if not case_filter.is_cheap(wanted):
        return []
    counts = (await visit.parts.reads.case_counts(wanted, [Group.STATUS]))[Group.STATUS]
    chosen = visit.request.query_params.get("status", "")
    return [
        StatusCount(str(status), counts[status], visit.with_query(status=str(status), after=""), chosen == status)
        for status in CaseStatus
        if status in counts
    ]


@pages.get("/find")
async def find(visit: Visit) -> Response:
    """Go to the case of a number or an id."""
    file = await visit.parts.reads.case_file(case_name(visit.request.query_params.get("number", "")), visit.sees)
    if file is None:
        raise NotFound("not_found", "there is no such case")
    return visit.redirect(f"/cases/{file.case.number}")


@pages.post("/cases/filters", Scope.READ)
async def keep_filter(visit: Visit) -> Response:
    """Keep the filter that is shown."""
    name, query = str(visit.form.get("name", "")), str(visit.form.get("query", ""))
    known = {f.name for f in case_filter.known_to(visit)}
    plain = {k: v for k, v in parse_qsl(query[:2000]) if k in known}
    try:
        await visit.parts.accounts.keep_filter(visit.name, _KEPT_FOR, name, urlencode(plain))
    except BadInput as error:
        return await _list(visit, problems_of(error, visit.language))
    return visit.redirect("/cases", **plain, done="filter_saved")


@pages.post("/cases/filters/remove", Scope.READ)
async def drop_filter(visit: Visit) -> Response:
    """Forget a filter."""
    await visit.parts.accounts.drop_filter(visit.name, _KEPT_FOR, str(visit.form.get("name", "")))
    return visit.redirect("/cases", done="filter_removed")


def case_name(text: str) -> UUID | str:
    """Return the id, or the number in its one spelling. Raises ``NotFound`` when it is neither."""
    try:
        return UUID(text)
    except ValueError:
        pass
    try:
        return normalise(text)
    except ValueError as error:
        raise NotFound("not_found", f"there is no case {text[:60]!r}: {error}") from None
