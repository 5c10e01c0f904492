"""The desk: requests that people answer. A clerk's key is bound to one inbox and sees no other."""

from __future__ import annotations

from typing import Annotated
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
from gateway.application import desk
from gateway.domain.errors import NotFound

router = APIRouter(tags=["desk"], route_class=StrictRoute)


@router.get("/v1/desk", operation_id="listDesk", responses={200: {"model": DeskPage}, **known()})
async def list_desk(request: Request, caller: Clerk, door: DoorDep, wanted: Annotated[PageQuery, Query()]) -> Response:
    """List the tasks of this key's inbox, earliest legal deadline first."""
    inbox = _inbox(door, caller)
    page = await door.parts.reads.desk(inbox.agencies, inbox.branch, wanted.after, wanted.limit)
    return page_answer(request, [task_view(task) for task in page.items], page.after)


@router.post(
    "/v1/desk/{request}/answer",
    operation_id="answerDesk",
    responses={200: {"model": CaseOut}, **known(400, 404, 409, 413, 415)},
)
async def answer_desk(request: UUID, body: DeskAnswerBody, caller: Clerk, door: DoorDep) -> Response:
    """Answer a task with an outcome. Documents were sent before and are named by their digest."""
    inbox = _inbox(door, caller)
    outcome = outcome_of(body.outcome)
    desk.require_spoken(outcome)
    digests = [d.digest for d in getattr(outcome, "documents", ())]
    await require_documents(door, caller, digests, "/outcome/documents")
    try:
        file = await door.act_on_request(request, desk.answer(inbox, request, outcome, caller.name, body.note))
    except NotFound:
        raise desk.no_task(request) from None
    return json_answer(case_view(file, door.parts.deployment.catalogue.services.get(file.case.service)))


def _inbox(door: Door, caller: Caller) -> desk.Inbox:
    """Return the caller's inbox. Raises ``Forbidden`` for a key that is bound to none."""
    try:
        return desk.inbox_of(door.parts.deployment, caller.client, operates=caller.may(Scope.OPERATE))
    except desk.NotBound as error:
        raise Forbidden(error.code, error.message) from None
