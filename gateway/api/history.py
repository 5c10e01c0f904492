"""What happened to a case: its timeline, its trace, and a look at what was exchanged, which is itself an event."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from gateway.api.answers import json_answer
from gateway.api.auth import Reader, Revealer, Scope
from gateway.api.bodies import Reason, StrictModel, StrictRoute
from gateway.api.docs import known
from gateway.api.door import DoorDep
from gateway.api.history_shapes import RevealedOut, TimelineOut, TraceOut
from gateway.api.history_views import revealed_view, timeline_view, trace_view
from gateway.application.languages import negotiate
from gateway.application.reveal import Reveal
from gateway.application.timeline import timeline
from gateway.application.trace import case_trace

router = APIRouter(tags=["history"], route_class=StrictRoute)
_SEEN: Final[dict[int | str, dict[str, Any]]] = {200: {"model": TimelineOut}, **known(404)}


class RevealBody(StrictModel):
    """What to look at, and why."""

    what: str = Field(default="sent", min_length=1, max_length=60, description="sent, lookup, or a callback's id")
    reason: Reason


@router.get("/v1/cases/{case}/timeline", operation_id="getCaseTimeline", responses=_SEEN)
async def get_case_timeline(request: Request, case: str, caller: Reader, door: DoorDep) -> Response:
    """Return every event, try, hop, wait, callback, clock and incident of a case in one order, with who held it how long.

    Operators also see what was exchanged with agencies, without its values.
    """
    file = await door.case(case, caller)
    parts, operator = door.parts, caller.may(Scope.OPERATE)
    now = await parts.store.now()
    seen = await timeline(parts.deployment, parts.store, parts.reads, parts.history, file, now, messages=operator)
    language = negotiate(request.headers.get("accept-language", ""))
    return json_answer(timeline_view(seen, language, parts.deployment.catalogue.agencies, operator=operator))


@router.get("/v1/cases/{case}/trace", operation_id="getCaseTrace", responses={200: {"model": TraceOut}, **known(404)})
async def get_case_trace(case: str, caller: Reader, door: DoorDep) -> Response:
    """Return the spans of a case from the gateway's own trace store, for a deployment without a collector."""
    file = await door.case(case, caller)
    trace = await case_trace(door.parts.history, file.case)
    return json_answer(trace_view(file.case, trace, operator=caller.may(Scope.OPERATE)))


@router.post(
    "/v1/requests/{request}/reveal",
    operation_id="revealMessage",
    responses={200: {"model": RevealedOut}, **known(400, 404, 409, 413, 415)},
)
async def reveal_message(request: UUID, body: RevealBody, caller: Revealer, door: DoorDep) -> Response:
    """Show what was sent to an agency, or what it called back with. Who looked and why is an event of the case before it is
    shown; it needs the scope ``reveal``, which no other includes."""
    parts = door.parts
    reveal = Reveal(parts.acts, parts.reads, parts.history)
    return json_answer(revealed_view(await reveal.run(request, body.what, body.reason, f"operator:{caller.name}")))
