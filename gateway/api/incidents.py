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
from gateway.api.door import Door, DoorDep
from gateway.api.models import IncidentQuery, ReasonBody
from gateway.api.shapes import IncidentOut, IncidentPage
from gateway.api.views import incident_view
from gateway.api.words import language_of
from gateway.application.reads import IncidentRow
from gateway.domain.case_file import CaseFile
from gateway.domain.errors import Conflict, NotFound
from gateway.domain.rules import Rules

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
    return json_answer(incident_view(await _incident(door, incident), language_of(request)))


@router.post(
    "/v1/incidents/{incident}/resolve",
    operation_id="resolveIncident",
    responses={200: {"model": IncidentOut}, **known(400, 404, 409, 413, 415)},
)
async def resolve_incident(request: Request, incident: UUID, body: ReasonBody, caller: Operator, door: DoorDep) -> Response:
    """Close an incident with the reason. It changes nothing else: repairs have calls of their own."""
    found = await _incident(door, incident)

    def recover(file: CaseFile, _rules: Rules) -> None:
        if found.fingerprint not in file.open_incidents:
            raise _closed(incident)
        file.recover(found.fingerprint, body.reason, caller.actor)

    if found.state != "open":
        raise _closed(incident)
    if found.case_id is not None:
        await door.parts.acts.run(found.case_id, recover)
    elif not await door.parts.store.close_incidents([found.fingerprint], body.reason, caller.actor):
        raise _closed(incident)
    return json_answer(incident_view(await _incident(door, incident), language_of(request)))


async def _incident(door: Door, id_: UUID) -> IncidentRow:
    found = await door.parts.reads.incident(id_)
    if found is None:
        raise NotFound("not_found", f"there is no incident {id_}")
    return found


def _closed(id_: UUID) -> Conflict:
    return Conflict("incident_closed", f"the incident {id_} is closed already")
