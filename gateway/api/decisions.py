"""Decisions that a person records, and cases that are reopened."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import Field, StringConstraints
from starlette.responses import Response

from gateway.api.auth import Caller, Operator
from gateway.api.bodies import Instant, Reason, Short, StrictModel, StrictRoute
from gateway.api.case_acts import ANSWERS, IfMatch, done
from gateway.api.documents import require_documents
from gateway.api.door import Door, DoorDep
from gateway.api.models import DocumentLink
from gateway.domain import decisions
from gateway.domain.case import CaseOutcome, Decision, DecisionKind
from gateway.domain.case_file import CaseFile
from gateway.domain.rules import Rules

router = APIRouter(tags=["cases"], route_class=StrictRoute)
#: What has to be said, in a few words or many.
Said = Annotated[str, StringConstraints(min_length=1, max_length=2000, strip_whitespace=True)]


class _DecisionBody(StrictModel):
    authority: Said = Field(description="Who decides; the gateway never does.")
    ground: Said
    legal_basis: Said
    date_given: Instant = Field(description="When the authority gave it, with offset.")
    documents: list[DocumentLink] = Field(default_factory=list, max_length=100)
    appeal: dict[str, Any] = Field(default_factory=dict, description="Where and until when it can be appealed.")
    reason: Reason


class DecideBody(_DecisionBody):
    """A decision that a person records. ``kind`` is needed where a decision stands that it corrects or reverses."""

    outcome: Literal["granted", "partly_granted", "refused", "returned", "lapsed"]
    kind: Literal["decision", "correction", "reversal"] = "decision"


class ReopenBody(_DecisionBody):
    """The further decision that takes the standing one away, and the steps that are done anew."""

    kind: Literal["reversal", "annulment"]
    steps: list[Short] = Field(default_factory=list, max_length=100)


@router.post("/v1/cases/{case}/decide", operation_id="decideCase", responses=ANSWERS)
async def decide_case(case: str, body: DecideBody, caller: Operator, door: DoorDep, if_match: IfMatch = None) -> Response:
    """Record a decision given by a person: where the service's rule yields none, or to correct or reverse the one that stands."""
    outcome, kind = CaseOutcome(body.outcome), DecisionKind(body.kind)
    made = await _documented(door, caller, body)

    def act(file: CaseFile, rules: Rules) -> None:
        decisions.give(file, rules, _decision(body, made, outcome, kind, file), body.reason, caller.actor)

    return await done(door, case, caller, act, if_match)


@router.post("/v1/cases/{case}/reopen", operation_id="reopenCase", responses=ANSWERS)
async def reopen_case(case: str, body: ReopenBody, caller: Operator, door: DoorDep, if_match: IfMatch = None) -> Response:
    """Take the standing decision away by a further one, and let the case go on. Its statutory clock stays as it ended."""
    kind = DecisionKind(body.kind)
    made = await _documented(door, caller, body)

    def act(file: CaseFile, rules: Rules) -> None:
        outcome = file.case.outcome or CaseOutcome.LAPSED  # the rule says which it takes away, or refuses
        decisions.reopen(file, rules, _decision(body, made, outcome, kind, file), body.steps, body.reason, caller.actor)

    return await done(door, case, caller, act, if_match)


async def _documented(door: Door, caller: Caller, body: _DecisionBody) -> tuple[dict[str, Any], ...]:
    await require_documents(door, caller, [d.digest for d in body.documents])
    return tuple(d.model_dump() for d in body.documents)


def _decision(
    body: _DecisionBody, documents: tuple[dict[str, Any], ...], outcome: CaseOutcome, kind: DecisionKind, file: CaseFile
) -> Decision:
    return Decision(
        outcome=outcome,
        authority=body.authority,
        date_given=body.date_given,
        date_recorded=file.now,
        ground=body.ground,
        legal_basis=body.legal_basis,
        documents=documents,
        appeal=body.appeal,
        kind=kind,
    )
