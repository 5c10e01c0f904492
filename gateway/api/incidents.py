"""Incidents: what needs a person, and that a person dealt with it."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from gateway.api.answers import json_answer, page_answer
from gateway.api.auth import Operator
from gateway.api.bodies import StrictRoute
from gateway.api.docs import known
from gateway.api.door import DoorDep
from gateway.api.models import IncidentQuery, ReasonBody
from gateway.api.shapes import IncidentOut, IncidentPage
from gateway.api.views import incident_view
from gateway.api.words import language_of
from gateway.application.incidents import close_incident, incident_of

router = APIRouter(tags=["incidents"], route_class=StrictRoute)


@router.get("/v1/incidents", operation_id="listIncidents", responses={200: {"model": IncidentPage}, **known()})
async def list_incidents(
    request: Request,
    caller: Operator,  # noqa: ARG001 - the scope is what counts
    door: DoorDep,
    wanted: Annotated[IncidentQuery, Query()],
) -> Response:
    """List incidents, the open ones unless asked otherwise."""
    page = await door.parts.reads.incidents(
        state=wanted.state,
        kind=wanted.kind,
        agency=wanted.agency,
        case_id=wanted.case,
        after=wanted.after,
        limit=wanted.limit,
        group=wanted.group,
    )
    return page_answer(request, [incident_view(incident, language_of(request)) for incident in page.items], page.after)


@router.get("/v1/incidents/{incident}", operation_id="getIncident", responses={200: {"model": IncidentOut}, **known(404)})
async def get_incident(request: Request, incident: UUID, caller: Operator, door: DoorDep) -> Response:  # noqa: ARG001 - as above
    """Return one incident."""
    return json_answer(incident_view(await incident_of(door.parts.reads, incident), language_of(request)))


@router.post(
    "/v1/incidents/{incident}/resolve",
    operation_id="resolveIncident",
    responses={200: {"model": IncidentOut}, **known(400, 404, 409, 413, 415)},
)
async def resolve_incident(request: Request, incident: UUID, body: ReasonBody, caller: Operator, door: DoorDep) -> Response:
    """Close an incident with the reason. It changes nothing else: repairs have calls of their own."""
    parts = door.parts
    closed = await close_incident(parts.reads, parts.store, parts.acts, incident, body.reason, caller.actor)
    return json_answer(incident_view(closed, language_of(request)))
