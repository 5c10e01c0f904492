"""Incidents of one cause as one: what a person looks at first in the morning, and closing all of one cause."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from gateway.api.answers import json_answer, page_answer
from gateway.api.auth import Operator
from gateway.api.bodies import Instant, QueryModel, Reason, Short, StrictModel, StrictRoute
from gateway.api.docs import known
from gateway.api.door import DoorDep
from gateway.api.shapes import Out, WayOutOut
from gateway.api.views import way_out_view
from gateway.api.words import language_of
from gateway.application.incident_groups import IncidentGroup

router = APIRouter(tags=["incidents"], route_class=StrictRoute)
_COUNTED = ("group", "kind", "agency", "lane", "count", "cases", "first_at", "last_at")


class ExampleOut(Out):
    """The newest incident of a group."""

    incident: UUID
    case: UUID | None
    case_number: str
    request: UUID | None
    reason: str
    opened_at: datetime


class GroupOut(Out):
    """Open incidents of one cause: how many, on how many cases, and what can be done."""

    group: str
    kind: str
    agency: str
    lane: str
    count: int
    cases: int
    first_at: datetime
    last_at: datetime
    example: ExampleOut
    way_out: WayOutOut


class GroupPage(Out):
    """A page of groups, the largest first."""

    items: list[GroupOut]
    after: str


class ClosedOut(Out):
    """How many were closed, and how many of those that were seen are left: then the same call goes on."""

    closed: int
    left: int


class GroupQuery(QueryModel):
    """Which groups."""

    kind: Short = ""
    agency: Short = ""
    after: int = Field(default=0, ge=0, le=100_000, description="The cursor of the page before.")
    limit: int = Field(default=50, ge=1, le=200)


class CloseGroupBody(StrictModel):
    """Why, and when the group was seen: what was opened later stays open."""

    seen_at: Instant
    reason: Reason


@router.get("/v1/incidents/groups", operation_id="listIncidentGroups", responses={200: {"model": GroupPage}, **known()})
async def list_groups(
    request: Request,
    caller: Operator,  # noqa: ARG001 - the scope is what counts
    door: DoorDep,
    wanted: Annotated[GroupQuery, Query()],
) -> Response:
    """List the causes of what is open, the largest group first."""
    page = await door.parts.groups.listed(kind=wanted.kind, agency=wanted.agency, after=wanted.after, limit=wanted.limit)
    return page_answer(request, [group_view(group, language_of(request)) for group in page.items], page.after)


@router.post(
    "/v1/incidents/groups/{group}/resolve",
    operation_id="resolveIncidentGroup",
    responses={200: {"model": ClosedOut}, **known(400, 404, 409, 413, 415)},
)
async def resolve_group(group: str, body: CloseGroupBody, caller: Operator, door: DoorDep) -> Response:
    """Close the incidents of a group that stood open when it was seen. It changes nothing else: for repairs there are replays."""
    closed = await door.parts.groups.close(group, body.seen_at, body.reason, caller.actor)
    return json_answer({"closed": closed.closed, "left": closed.left})


def group_view(group: IncidentGroup, language: str) -> dict[str, Any]:
    """Return a group with the way out, in words of ``language``."""
    one = group.example
    shown: dict[str, Any] = {name: getattr(group, name) for name in _COUNTED}
    shown["example"] = {
        "incident": one.id,
        "case": one.case_id,
        "case_number": one.case_number,
        "request": one.request_id,
        "reason": str(one.detail.get("reason") or ""),
        "opened_at": one.opened_at,
    }
    return shown | {"way_out": way_out_view(group.kind, language)}
