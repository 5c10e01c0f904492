"""Repairs of a request by an operator: retry, resolve, cancel, supersede, and the verdict on a late reply.

Each is refused (412) when the case has moved since the page was read: the ETag of ``GET /v1/cases/{id}`` goes into If-Match.
"""

from __future__ import annotations

from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import Response

from gateway.api.answers import json_answer
from gateway.api.auth import Operator
from gateway.api.bodies import StrictRoute
from gateway.api.case_acts import IfMatch
from gateway.api.docs import known
from gateway.api.documents import require_documents
from gateway.api.door import Door, DoorDep, etag, version_of
from gateway.api.models import LateReplyBody, ReasonBody, ResolveBody, SubmitQuery, SupersedeBody
from gateway.api.shapes import CaseOut, Out
from gateway.api.views import case_view
from gateway.application.acts import Act
from gateway.application.redo import Redo, Trial
from gateway.domain import acts, late_replies
from gateway.domain.case_file import CaseFile
from gateway.domain.errors import BadInput, NotFound, Problem
from gateway.domain.events import Event
from gateway.domain.outcomes import LookupOutcome, outcome_from_json
from gateway.domain.rules import Rules

router = APIRouter(tags=["requests"], route_class=StrictRoute)
_ANSWERS: Final = {200: {"model": CaseOut}, **known(400, 404, 409, 412, 413, 415)}


class TrialOut(Out):
    """What a dry run found: whether it would be done, and if not, why (``code`` and ``text``). Nothing was changed."""

    would: bool
    code: str
    text: str
    version: int


def outcome_of(value: dict[str, Any]) -> LookupOutcome:
    """Return the outcome that a person wrote. Raises ``BadInput`` that names the key."""
    try:
        return outcome_from_json(value)
    except ValueError as error:
        raise BadInput([Problem("/outcome", "invalid", str(error))]) from None


async def _done(door: Door, request: UUID, act: Act, if_match: str | None) -> Response:
    file = await door.act_on_request(request, act, if_match)
    service = door.parts.deployment.catalogue.services.get(file.case.service)
    return json_answer(case_view(file, service), headers={"etag": etag(file.case.version)})


@router.post("/v1/requests/{request}/retry", operation_id="retryRequest", responses=_ANSWERS)
async def retry_request(request: UUID, body: ReasonBody, caller: Operator, door: DoorDep, if_match: IfMatch = None) -> Response:
    """Send a parked or waiting request again, the same bytes under the same message id; look a doubtful one up again."""

    def act(file: CaseFile, rules: Rules) -> None:
        acts.retry(file, acts.request_of(file, request), body.reason, caller.actor, rules)

    return await _done(door, request, act, if_match)


@router.post("/v1/requests/{request}/resolve", operation_id="resolveRequest", responses=_ANSWERS)
async def resolve_request(
    request: UUID, body: ResolveBody, caller: Operator, door: DoorDep, if_match: IfMatch = None
) -> Response:
    """Say what became of a request, with its documents. It goes the one way in that every reply goes."""
    outcome = outcome_of(body.outcome)
    await require_documents(door, caller, [d.digest for d in getattr(outcome, "documents", ())], "/outcome/documents")

    def act(file: CaseFile, rules: Rules) -> None:
        acts.resolve(file, acts.request_of(file, request), outcome, body.reason, caller.actor, rules)

    return await _done(door, request, act, if_match)


@router.post("/v1/requests/{request}/cancel", operation_id="cancelRequest", responses=_ANSWERS)
async def cancel_request(request: UUID, body: ReasonBody, caller: Operator, door: DoorDep, if_match: IfMatch = None) -> Response:
    """Give a request up for good, before anything was sent."""

    def act(file: CaseFile, _rules: Rules) -> None:
        acts.cancel(file, acts.request_of(file, request), body.reason, caller.actor)

    return await _done(door, request, act, if_match)


@router.post(
    "/v1/requests/{request}/supersede",
    operation_id="supersedeRequest",
    responses={200: {"model": CaseOut | TrialOut}, **known(400, 404, 409, 412, 413, 415)},
)
async def supersede_request(
    request: UUID,
    body: SupersedeBody,
    caller: Operator,
    door: DoorDep,
    wanted: Annotated[SubmitQuery, Query()],
    if_match: IfMatch = None,
) -> Response:
    """Send the step anew by a new request: to another branch of the agency, by the current mapping, or both.

    Refused while the agency may have acted on the old one. ``dry_run`` makes the message, says what is wrong with it, and
    changes nothing.
    """
    if not body.branch and not body.mapping:
        message = "say what changes: a branch, or mapping: current; to send the same bytes again there is /retry"
        raise BadInput([Problem("/branch", "required", message, {"name": "branch"})])
    redo = Redo(door.parts.deployment)
    current = body.mapping == "current"

    def change(file: CaseFile, *, try_out: bool = False) -> None:
        made = redo.supersede(
            file, request, body.reason, caller.actor, branch=body.branch, current=current, no_effect=body.no_effect
        )
        if try_out:
            redo.try_out(file, made)

    if wanted.dry_run:
        file, _ = await _case_of(door, request)
        code, text = await Trial(door.parts.deployment, door.parts.store).against(file, lambda f: change(f, try_out=True))
        return json_answer({"would": not code, "code": code, "text": text, "version": file.case.version})
    return await _done(door, request, lambda file, _rules: change(file), if_match)


@router.post("/v1/requests/{request}/late-reply", operation_id="judgeLateReply", responses=_ANSWERS)
async def judge_late_reply(
    request: UUID, body: LateReplyBody, caller: Operator, door: DoorDep, if_match: IfMatch = None
) -> Response:
    """Apply or dismiss a reply that contradicts a finished request. What was read is judged: refused when the case has moved."""
    file, events = await _case_of(door, request)
    late = late_replies.choose(late_replies.waiting(events, request), body.sequence)

    def act(file: CaseFile, rules: Rules) -> None:
        found = acts.request_of(file, request)
        if body.verdict == "apply":
            late_replies.apply_late(file, found, late, body.reason, caller.actor, rules)
        else:
            late_replies.dismiss_late(file, found, late, body.reason, caller.actor)

    return await _done(door, request, act, if_match if version_of(if_match) is not None else etag(file.case.version))


async def _case_of(door: Door, request: UUID) -> tuple[CaseFile, list[Event]]:
    """Return the case of a request and its events. Raises ``NotFound``."""
    reads = door.parts.reads
    case_id = await reads.case_of_request(request)
    file = await reads.case_file(case_id) if case_id is not None else None
    if file is None:
        raise NotFound("not_found", f"there is no request {request}")
    events: list[Event] = []
    while more := await reads.events_of(file.case.id, len(events)):
        events += more
    return file, events
