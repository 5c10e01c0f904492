"""Repairs of a request by an operator: retry, resolve, cancel, send to another branch."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from gateway.api.answers import json_answer
from gateway.api.auth import Operator
from gateway.api.bodies import StrictRoute
from gateway.api.docs import known
from gateway.api.documents import require_documents
from gateway.api.door import Door, DoorDep
from gateway.api.models import ReasonBody, ResolveBody, SupersedeBody
from gateway.api.shapes import CaseOut
from gateway.api.views import case_view
from gateway.application.acts import Act
from gateway.domain import acts
from gateway.domain.case_file import CaseFile
from gateway.domain.errors import BadInput, Problem
from gateway.domain.outcomes import LookupOutcome, outcome_from_json
from gateway.domain.rules import Rules

router = APIRouter(tags=["requests"], route_class=StrictRoute)
_ANSWERS: Final = {200: {"model": CaseOut}, **known(400, 404, 409, 413, 415)}


def outcome_of(value: dict[str, Any]) -> LookupOutcome:
    """Return the outcome that a person wrote. Raises ``BadInput`` that names the key."""
    try:
        return outcome_from_json(value)
    except ValueError as error:
        raise BadInput([Problem("/outcome", "invalid", str(error))]) from None


async def _done(door: Door, request: UUID, act: Act) -> Response:
    file = await door.act_on_request(request, act)
    return json_answer(case_view(file, door.parts.deployment.catalogue.services.get(file.case.service)))


@router.post("/v1/requests/{request}/retry", operation_id="retryRequest", responses=_ANSWERS)
async def retry_request(request: UUID, body: ReasonBody, caller: Operator, door: DoorDep) -> Response:
    """Send a parked or waiting request again, the same bytes under the same message id; look a doubtful one up again."""

    def act(file: CaseFile, rules: Rules) -> None:
        acts.retry(file, acts.request_of(file, request), body.reason, caller.actor, rules)

    return await _done(door, request, act)


@router.post("/v1/requests/{request}/resolve", operation_id="resolveRequest", responses=_ANSWERS)
async def resolve_request(request: UUID, body: ResolveBody, caller: Operator, door: DoorDep) -> Response:
    """Say what became of a request. It goes the one way in that every reply goes."""
    outcome = outcome_of(body.outcome)
    await require_documents(door, caller, [d.digest for d in getattr(outcome, "documents", ())], "/outcome/documents")

    def act(file: CaseFile, rules: Rules) -> None:
        acts.resolve(file, acts.request_of(file, request), outcome, body.reason, caller.actor, rules)

    return await _done(door, request, act)


@router.post("/v1/requests/{request}/cancel", operation_id="cancelRequest", responses=_ANSWERS)
async def cancel_request(request: UUID, body: ReasonBody, caller: Operator, door: DoorDep) -> Response:
    """Give a request up for good, before anything was sent."""

    def act(file: CaseFile, _rules: Rules) -> None:
        acts.cancel(file, acts.request_of(file, request), body.reason, caller.actor)

    return await _done(door, request, act)


@router.post("/v1/requests/{request}/supersede", operation_id="supersedeRequest", responses=_ANSWERS)
async def supersede_request(request: UUID, body: SupersedeBody, caller: Operator, door: DoorDep) -> Response:
    """Send the step to another branch of the same agency, by a new request."""

    def act(file: CaseFile, rules: Rules) -> None:
        acts.redirect(file, acts.request_of(file, request), body.branch, body.reason, caller.actor, rules)

    return await _done(door, request, act)
