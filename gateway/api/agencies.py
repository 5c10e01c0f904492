"""Agencies as operators see them: lanes, backlog, pause and resume."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from fastapi import APIRouter
from starlette.responses import Response

from gateway.api.answers import json_answer
from gateway.api.auth import Operator
from gateway.api.bodies import StrictRoute
from gateway.api.docs import known
from gateway.api.door import Door, DoorDep
from gateway.api.models import ReasonBody
from gateway.api.shapes import AgencyList, AgencyOut
from gateway.api.views import agency_view
from gateway.application import lane_health
from gateway.application.store import LaneRow
from gateway.domain.agency import Agency
from gateway.domain.errors import NotFound
from gateway.domain.incident import Incident

router = APIRouter(tags=["agencies"], route_class=StrictRoute)
_CHANGED: Final = {200: {"model": AgencyOut}, **known(400, 404, 413, 415)}


@router.get("/v1/agencies", operation_id="listAgencies", responses={200: {"model": AgencyList}, **known()})
async def list_agencies(caller: Operator, door: DoorDep) -> Response:  # noqa: ARG001 - the scope is what counts
    """List the agencies with what is going on in their lanes."""
    agencies = door.parts.deployment.catalogue.agencies.values()
    return json_answer({"items": await _views(door, list(agencies))})


@router.get("/v1/agencies/{agency}", operation_id="getAgency", responses={200: {"model": AgencyOut}, **known(404)})
async def get_agency(agency: str, caller: Operator, door: DoorDep) -> Response:  # noqa: ARG001 - as above
    """Return one agency."""
    return json_answer((await _views(door, [agency_of(door, agency)]))[0])


@router.post("/v1/agencies/{agency}/pause", operation_id="pauseAgency", responses=_CHANGED)
async def pause_agency(agency: str, body: ReasonBody, caller: Operator, door: DoorDep) -> Response:
    """Release nothing more to this agency until it is resumed. What was released finishes."""
    found = agency_of(door, agency)

    def pause(row: LaneRow, now: datetime) -> list[Incident]:
        row.paused, row.paused_reason, row.paused_by, row.paused_at = True, body.reason, caller.actor, now
        return []

    for lane in found.lanes:
        await door.parts.store.change_lane(lane, pause)
    return json_answer((await _views(door, [found]))[0])


@router.post("/v1/agencies/{agency}/resume", operation_id="resumeAgency", responses=_CHANGED)
async def resume_agency(agency: str, body: ReasonBody, caller: Operator, door: DoorDep) -> Response:
    """Let the lanes work again, with a clean breaker, and close the incidents of their pause."""
    found = agency_of(door, agency)

    def resume(row: LaneRow, _now: datetime) -> list[Incident]:
        return list(lane_health.resume(row))

    for lane in found.lanes:
        await door.parts.store.change_lane(lane, resume)
    await door.parts.store.close_incidents([lane_health.fingerprint(lane) for lane in found.lanes], body.reason, caller.actor)
    await door.parts.bus.wake("dispatcher")
    return json_answer((await _views(door, [found]))[0])


def agency_of(door: Door, id_: str) -> Agency:
    """Return the agency of the catalogue. Raises ``NotFound``."""
    found = door.parts.deployment.catalogue.agencies.get(id_)
    if found is None:
        raise NotFound("not_found", f"there is no agency {id_[:60]!r}")
    return found


async def _views(door: Door, agencies: list[Agency]) -> list[dict[str, Any]]:
    lanes = {state.row.name: state for state in await door.parts.reads.lanes()}
    people = door.parts.deployment.answered_by_people()
    return [agency_view(agency, agency.id in people, lanes) for agency in agencies]
