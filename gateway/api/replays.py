"""Replays in bulk: see what would be done, start it on exactly that, watch, pause, stop."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from gateway.api.answers import json_answer, page_answer
from gateway.api.auth import Operator
from gateway.api.bodies import QueryModel, Reason, Short, StrictModel, StrictRoute
from gateway.api.docs import known
from gateway.api.door import DoorDep
from gateway.api.models import PageQuery, ReasonBody, SubmitQuery
from gateway.api.shapes import Out
from gateway.application.redo import Action
from gateway.application.replays import Item, Replay, Wanted
from gateway.domain.errors import BadInput, Problem

router = APIRouter(tags=["replays"], route_class=StrictRoute)
_REPLAY: Final = (
    *("id", "state", "action", "reason", "by", "wanted", "per_minute", "seen_at", "left_off", "started_by", "started_at"),
    *("finished_at", "changed_by", "changed_reason", "changed_at", "next_at", "progress"),
)
_ITEM: Final = ("position", "case_number", "step", "agency", "status", "version", "result", "code", "text", "now", "made", "at")
#: So many requests of the set stand in the answer of a dry run; the others are on the pages of ``/items``.
_FIRST: Final = 200
Status = Literal["ready", "parked", "in_doubt", "awaiting_applicant"]
Result = Literal["", "waiting", "under_way", "completed_again", "failed_again", "skipped", "refused"]


class FilterBody(StrictModel):
    """Requests: all that fit every field given. Without ``statuses``: parked and in doubt."""

    agency: Short = ""
    service: Short = ""
    step: Short = ""
    operation: Short = ""
    branch: Short = ""
    office: Short = ""
    statuses: list[Status] = Field(default=["parked", "in_doubt"], min_length=1, max_length=4)
    requests: list[str] = Field(default_factory=list, max_length=10_000, description="Their ids.")


class OfIncidentsBody(StrictModel):
    """Requests that an open incident is about."""

    kind: Short = ""
    group: Short = ""
    agency: Short = ""


class ReplayBody(StrictModel):
    """A dry run takes filter or incidents (or both), action and reason; a start takes the set that was seen."""

    filter: FilterBody | None = None
    incidents: OfIncidentsBody | None = None
    action: Literal["retry", "supersede", "cancel"] = "retry"
    reason: Reason | None = None
    set: str = Field(default="", max_length=40, description="The id that the dry run gave.")
    per_minute: int = Field(default=0, ge=0, le=60_000, description="So many requests a minute at most; 0: no limit.")


class ReplayOut(Out):
    """A replay. ``progress`` counts its requests by ``result``; ``left_off``: the filter found more than a set may have."""

    id: UUID
    state: str
    action: str
    reason: str
    by: str
    wanted: dict[str, Any]
    per_minute: int
    seen_at: datetime
    left_off: bool
    started_by: str
    started_at: datetime | None
    finished_at: datetime | None
    changed_by: str
    changed_reason: str
    changed_at: datetime | None
    next_at: datetime | None
    progress: dict[str, int]


class ItemOut(Out):
    """A request of a replay, as it was seen, and what became of it.

    ``result``: waiting, refused (the dry run says why), skipped (``moved``, or why), under_way, completed_again (it has gone
    through), failed_again (it came back). ``made`` is the request that took its place; ``now`` where that stands.
    """

    position: int
    case: UUID
    case_number: str
    request: UUID
    step: str
    agency: str
    status: str
    version: int
    result: str
    code: str
    text: str
    now: str
    made: UUID | None
    at: datetime | None


class SeenOut(ReplayOut):
    """A set that was seen, with its first requests; ``after`` is the cursor for the others at ``/items``."""

    items: list[ItemOut]
    after: str


class ReplayPage(Out):
    """A page of replays, newest first."""

    items: list[ReplayOut]
    after: str


class ItemPage(Out):
    """A page of the requests of a replay, in their order."""

    items: list[ItemOut]
    after: str


class ItemQuery(QueryModel):
    """Which requests of a replay."""

    result: Result = ""
    after: int = Field(default=0, ge=0, le=2**31 - 1, description="The cursor of the page before.")
    limit: int = Field(default=200, ge=1, le=1000)


@router.post(
    "/v1/replays",
    status_code=201,
    operation_id="startReplay",
    responses={200: {"model": SeenOut}, 201: {"model": ReplayOut}, **known(400, 404, 409, 413, 415)},
)
async def start_replay(body: ReplayBody, caller: Operator, door: DoorDep, wanted: Annotated[SubmitQuery, Query()]) -> Response:
    """See what a replay would do (``dry_run=true``), or start it on exactly the set that was seen."""
    replays = door.parts.replays
    if not wanted.dry_run:
        if not body.set:
            raise _missing("/set", "first a dry run: POST /v1/replays?dry_run=true; then start with the id of its set", "set")
        return json_answer(replay_view(await replays.start(_uuid(body.set, "/set"), body.per_minute, caller.actor)), 201)
    if body.reason is None:
        raise _missing("/reason", "say why, so that whoever reads the cases later knows", "reason")
    seen = await replays.see(_wanted(body), Action(body.action), body.reason, caller.actor)
    page = await replays.items(seen.id, 0, _FIRST)
    return json_answer(replay_view(seen) | {"items": [item_view(item) for item in page.items], "after": page.after})


@router.get("/v1/replays", operation_id="listReplays", responses={200: {"model": ReplayPage}, **known()})
async def list_replays(
    request: Request,
    caller: Operator,  # noqa: ARG001 - the scope is what counts
    door: DoorDep,
    wanted: Annotated[PageQuery, Query()],
) -> Response:
    """List replays, newest first, also those that are over."""
    page = await door.parts.replays.listed(wanted.after, wanted.limit)
    return page_answer(request, [replay_view(replay) for replay in page.items], page.after)


@router.get("/v1/replays/{replay}", operation_id="getReplay", responses={200: {"model": ReplayOut}, **known(404)})
async def get_replay(replay: UUID, caller: Operator, door: DoorDep) -> Response:  # noqa: ARG001 - as above
    """Return one replay and how far it has come."""
    return json_answer(replay_view(await door.parts.replays.get(replay)))


@router.get("/v1/replays/{replay}/items", operation_id="listReplayItems", responses={200: {"model": ItemPage}, **known(404)})
async def list_items(
    request: Request,
    replay: UUID,
    caller: Operator,  # noqa: ARG001 - as above
    door: DoorDep,
    wanted: Annotated[ItemQuery, Query()],
) -> Response:
    """List the requests of a replay with what became of each; ``result=failed_again`` are those that came back."""
    page = await door.parts.replays.items(replay, wanted.after, wanted.limit, wanted.result)
    return page_answer(request, [item_view(item) for item in page.items], page.after)


_CHANGED: Final = {200: {"model": ReplayOut}, **known(400, 404, 409, 413, 415)}


@router.post("/v1/replays/{replay}/pause", operation_id="pauseReplay", responses=_CHANGED)
async def pause_replay(replay: UUID, body: ReasonBody, caller: Operator, door: DoorDep) -> Response:
    """Take no further request for now."""
    return json_answer(replay_view(await door.parts.replays.pause(replay, body.reason, caller.actor)))


@router.post("/v1/replays/{replay}/resume", operation_id="resumeReplay", responses=_CHANGED)
async def resume_replay(replay: UUID, body: ReasonBody, caller: Operator, door: DoorDep) -> Response:
    """Go on with what is left."""
    return json_answer(replay_view(await door.parts.replays.resume(replay, body.reason, caller.actor)))


@router.post("/v1/replays/{replay}/stop", operation_id="stopReplay", responses=_CHANGED)
async def stop_replay(replay: UUID, body: ReasonBody, caller: Operator, door: DoorDep) -> Response:
    """End it for good; what it has not taken stays as it is."""
    return json_answer(replay_view(await door.parts.replays.stop(replay, body.reason, caller.actor)))


def replay_view(replay: Replay) -> dict[str, Any]:
    """Return a replay."""
    return {name: getattr(replay, name) for name in _REPLAY}


def item_view(item: Item) -> dict[str, Any]:
    """Return a request of a replay."""
    return {name: getattr(item, name) for name in _ITEM} | {"case": item.case_id, "request": item.request_id}


def _wanted(body: ReplayBody) -> Wanted:
    narrowed, incidents = body.filter or FilterBody(), body.incidents or OfIncidentsBody()
    made = Wanted(
        agency=narrowed.agency,
        service=narrowed.service,
        step=narrowed.step,
        operation=narrowed.operation,
        branch=narrowed.branch,
        office=narrowed.office,
        statuses=tuple(narrowed.statuses),
        kind=incidents.kind,
        group=incidents.group,
        incident_agency=incidents.agency,
        requests=tuple(_uuid(text, f"/filter/requests/{place}") for place, text in enumerate(narrowed.requests)),
    )
    if not made.narrows:
        raise _missing("/filter", "say which requests: a filter, or the incidents that they have; never simply all", "filter")
    return made


def _uuid(text: str, pointer: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise BadInput([Problem(pointer, "uuid", "this is not an id (a UUID)")]) from None


def _missing(pointer: str, message: str, name: str) -> BadInput:
    return BadInput([Problem(pointer, "required", message, {"name": name})])
