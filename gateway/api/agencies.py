"""Agencies as operators see them: lanes, backlog, pause and resume."""

from __future__ import annotations

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
from gateway.application import agencies
from gateway.domain.agency import Agency

router = APIRouter(tags=["agencies"], route_class=StrictRoute)
_CHANGED: Final = {200: {"model": AgencyOut}, **known(400, 404, 413, 415)}


@router.get("/v1/agencies", operation_id="listAgencies", responses={200: {"model": AgencyList}, **known()})
async def list_agencies(caller: Operator, door: DoorDep) -> Response:  # noqa: ARG001 - the scope is what counts
    """List the agencies with what is going on in their lanes."""
    return json_answer({"items": await _views(door, list(door.parts.deployment.catalogue.agencies.values()))})


@router.get("/v1/agencies/{agency}", operation_id="getAgency", responses={200: {"model": AgencyOut}, **known(404)})
async def get_agency(agency: str, caller: Operator, door: DoorDep) -> Response:  # noqa: ARG001 - as above
    """Return one agency."""
    return json_answer((await _views(door, [agency_of(door, agency)]))[0])


@router.post("/v1/agencies/{agency}/pause", operation_id="pauseAgency", responses=_CHANGED)
async def pause_agency(agency: str, body: ReasonBody, caller: Operator, door: DoorDep) -> Response:
    """Release nothing more to this agency until it is resumed. What was released finishes."""
    await _acts(door).pause(agency, body.reason, caller.actor)
    return json_answer((await _views(door, [agency_of(door, agency)]))[0])


@router.post("/v1/agencies/{agency}/resume", operation_id="resumeAgency", responses=_CHANGED)
async def resume_agency(agency: str, body: ReasonBody, caller: Operator, door: DoorDep) -> Response:
    """Let the lanes work again, with a clean breaker, and close the incidents of their pause."""
    await _acts(door).resume(agency, body.reason, caller.actor)
    return json_answer((await _views(door, [agency_of(door, agency)]))[0])


def agency_of(door: Door, id_: str) -> Agency:
    """Return the agency of the catalogue. Raises ``NotFound``."""
    return agencies.agency_of(door.parts.deployment, id_)


def _acts(door: Door) -> agencies.AgencyActs:
    return agencies.AgencyActs(door.parts.deployment, door.parts.store, door.parts.bus)


async def _views(door: Door, found: list[Agency]) -> list[dict[str, Any]]:
    lanes = {state.row.name: state for state in await door.parts.reads.lanes()}
    people = door.parts.deployment.answered_by_people()
    return [agency_view(agency, agency.id in people, lanes) for agency in found]
