"""The desk: requests that people answer. A clerk's key is bound to one inbox and sees no other."""

from __future__ import annotations

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from gateway.api.answers import json_answer, page_answer
from gateway.api.auth import Caller, Clerk, Scope
from gateway.api.bodies import StrictRoute
from gateway.api.docs import known
from gateway.api.documents import require_documents
from gateway.api.door import Door, DoorDep
from gateway.api.errors import Forbidden
from gateway.api.models import DeskAnswerBody, PageQuery
from gateway.api.requests import outcome_of
from gateway.api.shapes import CaseOut, DeskPage
from gateway.api.views import case_view, task_view
from gateway.application import messages
from gateway.domain.applied import Said, apply
from gateway.domain.case_file import CaseFile
from gateway.domain.errors import BadInput, Conflict, NotFound
from gateway.domain.outcomes import LookupOutcome, name_of
from gateway.domain.request import Request as StepRequest
from gateway.domain.request import RequestStatus as S
from gateway.domain.rules import Rules

router = APIRouter(tags=["desk"], route_class=StrictRoute)
#: A clerk speaks for the agency, not for the transport.
_SPOKEN: Final = frozenset({"completed", "refused", "accepted", "progress", "needs_applicant", "redirected"})


@router.get("/v1/desk", operation_id="listDesk", responses={200: {"model": DeskPage}, **known()})
async def list_desk(request: Request, caller: Clerk, door: DoorDep, wanted: Annotated[PageQuery, Query()]) -> Response:
    """List the tasks of this key's inbox, earliest legal deadline first."""
    agencies, branch = _inbox(door, caller)
    page = await door.parts.reads.desk(agencies, branch, wanted.after, wanted.limit)
    return page_answer(request, [task_view(task) for task in page.items], page.after)


@router.post(
    "/v1/desk/{request}/answer",
    operation_id="answerDesk",
    responses={200: {"model": CaseOut}, **known(400, 404, 409, 413, 415)},
)
async def answer_desk(request: UUID, body: DeskAnswerBody, caller: Clerk, door: DoorDep) -> Response:
    """Answer a task with an outcome. Documents were sent before and are named by their digest."""
    agencies, branch = _inbox(door, caller)
    outcome = _spoken(body)
    digests = [d.digest for d in getattr(outcome, "documents", ())]
    await require_documents(door, caller, digests, "/outcome/documents")

    def act(file: CaseFile, rules: Rules) -> None:
        task = file.requests.get(request)
        if task is None or not _in_inbox(task, agencies, branch):
            raise _no_task(request)
        if task.status not in (S.AWAITING_REPLY, S.RELEASED):
            raise Conflict("answered", f"the task is {task.status}; it can be answered while it is awaiting_reply")
        said = Said(outcome, "clerk", file.now, f"clerk:{caller.name}", detail={"note": body.note} if body.note else {})
        apply(file, task, said, rules)

    try:
        file = await door.act_on_request(request, act)
    except NotFound:
        raise _no_task(request) from None
    return json_answer(case_view(file, door.parts.deployment.catalogue.services.get(file.case.service)))


def _spoken(body: DeskAnswerBody) -> LookupOutcome:
    outcome = outcome_of(body.outcome)
    if name_of(outcome) not in _SPOKEN:
        wanted = ", ".join(sorted(_SPOKEN))
        raise BadInput([messages.problem("/outcome/outcome", "enum", wanted=wanted)])
    return outcome


def _inbox(door: Door, caller: Caller) -> tuple[tuple[str, ...], str]:
    """Return agencies and branch (empty: all) of the caller's inbox. Raises ``Forbidden`` for a key that is bound to none."""
    catalogue = door.parts.deployment.catalogue
    people = door.parts.deployment.answered_by_people()
    bound = caller.client.bound_to
    if not bound:
        if caller.may(Scope.OPERATE):
            return people, ""
        raise Forbidden("not_bound", "this key is bound to no agency, branch or office; make one that is")
    if bound in catalogue.offices:
        return tuple(a for a in people if catalogue.agencies[a].branches_are_offices), bound
    agency, _, branch = bound.partition("/")
    if agency not in people:
        raise Forbidden("not_bound", f"this key is bound to {bound!r}, which has no desk in this catalogue")
    return (agency,), branch


def _in_inbox(task: StepRequest, agencies: tuple[str, ...], branch: str) -> bool:
    return task.agency in agencies and branch in ("", task.branch)


def _no_task(id_: UUID) -> NotFound:
    return NotFound("not_found", f"there is no task {id_} in this inbox")
