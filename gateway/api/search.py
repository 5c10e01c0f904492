"""Cases found: lists and searches, counts, and what operators look at first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from gateway.api.answers import json_answer, page_answer
from gateway.api.auth import Caller, Operator, Reader
from gateway.api.bodies import StrictRoute
from gateway.api.case_queries import CaseQuery, CaseSearchBody, CountQuery, filter_of
from gateway.api.docs import known
from gateway.api.door import Door, DoorDep
from gateway.api.search_shapes import CountsOut, OverviewOut
from gateway.api.shapes import CasePage
from gateway.api.views import case_brief
from gateway.application.overview import Count, Overview
from gateway.application.reads import Page, Sort

router = APIRouter(tags=["cases"], route_class=StrictRoute)


@router.get("/v1/cases", operation_id="listCases", responses={200: {"model": CasePage}, **known()})
async def list_cases(request: Request, caller: Reader, door: DoorDep, wanted: Annotated[CaseQuery, Query()]) -> Response:
    """List cases, newest first unless sorted otherwise. A front office sees its own; operators see all.

    Pages are stable while cases arrive. A cursor belongs to the filter and the order that gave it.
    """
    page = await _page(door, caller, wanted)
    return page_answer(request, [case_brief(case) for case in page.items], page.after)


@router.post("/v1/cases/search", operation_id="searchCases", responses={200: {"model": CasePage}, **known(400, 413, 415)})
async def search_cases(caller: Reader, door: DoorDep, body: CaseSearchBody) -> Response:
    """Find cases as the list does, and by the identifier of a party, which must stand in no address and no log.

    The next page is asked for with the same body and ``after``.
    """
    page = await _page(door, caller, body)
    return json_answer({"items": [case_brief(case) for case in page.items], "after": page.after})


@router.get("/v1/cases/counts", operation_id="countCases", responses={200: {"model": CountsOut}, **known()})
async def count_cases(caller: Reader, door: DoorDep, wanted: Annotated[CountQuery, Query()]) -> Response:
    """Count cases by status, service, agency, office or outcome. Counting ends at 10,000: ``more`` says that there are more.

    Without a filter each value is counted by itself; with one, the newest 10,000 cases that meet it.
    """
    counts = await door.parts.reads.case_counts(filter_of(wanted, caller, door.blind), wanted.groups)
    return json_answer({group.value: _counts(values) for group, values in counts.items()})


@router.get("/v1/overview", operation_id="getOverview", responses={200: {"model": OverviewOut}, **known()})
async def get_overview(caller: Operator, door: DoorDep) -> Response:  # noqa: ARG001 - the scope is what counts
    """Return what needs a person now, what is late or soon due, what went through in the last day, what waits longest."""
    return json_answer(overview_view(await door.parts.reads.overview()))


async def _page(door: Door, caller: Caller, wanted: CaseQuery) -> Page:
    narrowed = filter_of(wanted, caller, door.blind)
    return await door.parts.reads.cases(narrowed, wanted.after, wanted.limit, Sort(wanted.sort or Sort.RECEIVED))


def _counts(values: Mapping[str, Count]) -> dict[str, Any]:
    return {value: _count(count) for value, count in values.items()}


def _count(count: Count) -> dict[str, Any]:
    return {"count": count.count, "more": count.more}


def overview_view(seen: Overview) -> dict[str, Any]:
    """Return the overview, ready for JSON."""
    return {
        "at": seen.at,
        "incidents": _counts(seen.incidents),
        "attention": _count(seen.attention),
        "overdue": _count(seen.overdue),
        "due_in_1_day": _count(seen.due_in_1_day),
        "due_in_3_days": _count(seen.due_in_3_days),
        "open": _counts(seen.open),
        "hours": [{"begins": h.begins, "received": h.received, "decided": h.decided} for h in seen.hours],
        "oldest": case_brief(seen.oldest) if seen.oldest is not None else None,
    }
