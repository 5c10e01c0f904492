"""What is done to a case: facts, a supplement, a withdrawal by the front office; its clocks by operators."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Header
from starlette.responses import Response

from gateway.api.answers import json_answer
from gateway.api.auth import Actor, Caller, Operator
from gateway.api.bodies import StrictRoute
from gateway.api.docs import known
from gateway.api.documents import require_documents
from gateway.api.door import Door, DoorDep, etag
from gateway.api.models import ExtendBody, FactBody, ReasonBody, ResumeBody, SupplementBody, SuspendBody
from gateway.api.shapes import CaseOut
from gateway.api.views import case_view
from gateway.application.acts import Act
from gateway.domain import acts, clock_acts
from gateway.domain.case import FactKind
from gateway.domain.case_file import CaseFile
from gateway.domain.rules import Rules

router = APIRouter(tags=["cases"], route_class=StrictRoute)
IfMatch = Annotated[str | None, Header(description="The ETag that was read; 412 when the case has moved since.")]
ANSWERS: Final = {200: {"model": CaseOut}, **known(400, 404, 409, 412, 413, 415)}


async def done(door: Door, case: str, caller: Caller, act: Act, if_match: str | None) -> Response:
    file = await door.act(case, caller, act, if_match)
    service = door.parts.deployment.catalogue.services.get(file.case.service)
    return json_answer(case_view(file, service), headers={"etag": etag(file.case.version)})


@router.post("/v1/cases/{case}/facts", operation_id="confirmFact", responses=ANSWERS)
async def confirm_fact(case: str, body: FactBody, caller: Actor, door: DoorDep, if_match: IfMatch = None) -> Response:
    """Confirm a fact: a payment, completeness, a registration, an original seen, a result ready or collected.

    A repeat changes nothing.
    """

    def act(file: CaseFile, _rules: Rules) -> None:
        acts.confirm(file, FactKind(body.kind), body.at, caller.actor, body.data)

    return await done(door, case, caller, act, if_match)


@router.post("/v1/cases/{case}/supplement", operation_id="supplementCase", responses=ANSWERS)
async def supplement_case(case: str, body: SupplementBody, caller: Actor, door: DoorDep, if_match: IfMatch = None) -> Response:
    """Add what an agency asked the applicant for; a new request carries it there."""
    documents = [d.model_dump() for d in body.documents]
    await require_documents(door, caller, [d.digest for d in body.documents])

    def act(file: CaseFile, rules: Rules) -> None:
        acts.supplement(file, rules, body.step, body.data, list(documents), caller.actor)

    return await done(door, case, caller, act, if_match)


@router.post("/v1/cases/{case}/withdraw", operation_id="withdrawCase", responses=ANSWERS)
async def withdraw_case(case: str, body: ReasonBody, caller: Actor, door: DoorDep, if_match: IfMatch = None) -> Response:
    """Withdraw the application. What is on its way to an agency finishes first."""

    def act(file: CaseFile, rules: Rules) -> None:
        acts.withdraw(file, rules, body.reason, caller.actor)

    return await done(door, case, caller, act, if_match)


@router.post("/v1/cases/{case}/suspend", operation_id="suspendClock", responses=ANSWERS)
async def suspend_clock(case: str, body: SuspendBody, caller: Operator, door: DoorDep, if_match: IfMatch = None) -> Response:
    """Let a clock stand still on a ground that its rule names."""

    def act(file: CaseFile, rules: Rules) -> None:
        clock_acts.suspend(file, rules, body.clock, body.ground, body.since, body.reason, caller.actor)

    return await done(door, case, caller, act, if_match)


@router.post("/v1/cases/{case}/resume", operation_id="resumeClock", responses=ANSWERS)
async def resume_clock(case: str, body: ResumeBody, caller: Operator, door: DoorDep, if_match: IfMatch = None) -> Response:
    """Let a suspended clock run on."""

    def act(file: CaseFile, rules: Rules) -> None:
        clock_acts.resume(file, rules, body.clock, body.ground, body.since, body.reason, caller.actor)

    return await done(door, case, caller, act, if_match)


@router.post("/v1/cases/{case}/extend", operation_id="extendClock", responses=ANSWERS)
async def extend_clock(case: str, body: ExtendBody, caller: Operator, door: DoorDep, if_match: IfMatch = None) -> Response:
    """Extend a term as its rule allows, with a notice before its end."""

    def act(file: CaseFile, rules: Rules) -> None:
        clock_acts.extend(file, rules, body.clock, body.length, body.notice, body.reason, caller.actor)

    return await done(door, case, caller, act, if_match)
