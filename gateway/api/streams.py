"""Events as they come, as Server-Sent Events: of one case, or of all that meet a filter.

``id`` of each is where to go on: a browser sends it back as ``Last-Event-ID`` by itself, others may use ``after``. A comment
comes when nothing else does, with the ``id`` up to which there was nothing. A stream ends when the gateway stops, or when the
key it was opened with is withdrawn; it is opened again to go on.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from functools import lru_cache
from typing import Annotated, Final

import orjson
from fastapi import APIRouter, Header, Query
from fastapi.sse import EventSourceResponse, format_sse_event
from starlette.requests import Request
from starlette.responses import Response

from gateway.api.auth import Caller, Reader, Scope
from gateway.api.case_queries import CaseStreamQuery, StreamQuery, stream_of
from gateway.api.docs import Answers, known
from gateway.api.door import Door, DoorDep
from gateway.api.errors import HttpRefusal
from gateway.api.views import event_view
from gateway.application.feed import Batch, FeedItem, place_of
from gateway.application.store import StoreUnavailable
from gateway.domain.errors import BadInput, Problem
from gateway.domain.events import Event

router = APIRouter(tags=["events"])
#: When a browser comes back after a stream has ended.
RETRY_MS: Final = 2_000
#: A header of nginx's: it must not collect what is meant to come at once.
_HEADERS: Final = {"x-accel-buffering": "no"}
_STREAM: Final[Answers] = {
    200: {"description": "Events, each a CloudEvent as in listEvents", "content": {"text/event-stream": {}}}
}
LastEventId = Annotated[str | None, Header(alias="last-event-id", max_length=400)]


@router.get("/v1/events/stream", operation_id="streamEvents", responses={**_STREAM, **known()})
async def stream_events(
    request: Request, caller: Reader, door: DoorDep, wanted: Annotated[StreamQuery, Query()], last_event_id: LastEventId = None
) -> Response:
    """Stream the events of all cases that this caller may see and the filter lets through, in the order of their commits.

    ``id`` is a cursor of listEvents. Without one the stream begins now.
    """
    after = last_event_id if last_event_id is not None else wanted.after
    place_of(after or "")
    batches = door.parts.hub.listen(stream_of(wanted, caller), after, quiet_secs=door.parts.limits.stream_look_secs)
    return EventSourceResponse(_ended(door, request, caller, _feed(batches)), headers=_HEADERS)


@router.get("/v1/cases/{case}/events/stream", operation_id="streamCaseEvents", responses={**_STREAM, **known(404)})
async def stream_case_events(
    request: Request,
    case: str,
    caller: Reader,
    door: DoorDep,
    wanted: Annotated[CaseStreamQuery, Query()],
    last_event_id: LastEventId = None,
) -> Response:
    """Stream the events of a case, those that there are and those that come. ``id`` is the sequence number."""
    after = _sequence(last_event_id) if last_event_id is not None else wanted.after
    file = await door.case(case, caller)
    events = door.parts.hub.listen_to_case(file.case.id, after, quiet_secs=door.parts.limits.stream_look_secs)
    return EventSourceResponse(_ended(door, request, caller, _of_case(events, after)), headers=_HEADERS)


async def _ended(
    door: Door, request: Request, caller: Caller, frames: AsyncGenerator[bytes, None]
) -> AsyncGenerator[bytes, None]:
    """Pass on what comes for as long as the key opens the door; keep a quiet connection alive."""
    loop = asyncio.get_running_loop()
    limits = door.parts.limits
    said = looked = loop.time()
    yield format_sse_event(retry=RETRY_MS)
    async with aclosing(frames):
        try:
            async for frame in frames:
                now = loop.time()
                if now - looked >= limits.stream_look_secs:
                    looked = now
                    if not await _may(door, request, caller):
                        yield format_sse_event(comment="the key has been withdrawn")
                        return
                if frame.startswith(b":") and now - said < limits.stream_quiet_secs:
                    continue
                said = now
                yield frame
        except StoreUnavailable:
            yield format_sse_event(comment="the database is away; come back")


async def _may(door: Door, request: Request, caller: Caller) -> bool:
    try:
        return (await door.authenticator.caller(request, Scope.READ)).client == caller.client
    except HttpRefusal:
        return False


async def _feed(batches: AsyncGenerator[Batch, None]) -> AsyncGenerator[bytes, None]:
    first = True
    async with aclosing(batches):
        async for batch in batches:
            if batch.items:
                yield b"".join(_frame(item) for item in batch.items)
            else:
                quiet = format_sse_event(comment="", id=batch.cursor)
                yield quiet.removeprefix(b": \n") if first else quiet
            first = False


async def _of_case(events: AsyncGenerator[Sequence[Event], None], seq: int) -> AsyncGenerator[bytes, None]:
    async with aclosing(events):
        async for batch in events:
            seq = batch[-1].seq if batch else seq
            if batch:
                yield b"".join(_wire(event, str(event.seq)) for event in batch)
            else:
                yield format_sse_event(comment="", id=str(seq))


@lru_cache(maxsize=2048)
def _frame(item: FeedItem) -> bytes:
    """An event as it goes over the wire, made once for all who listen."""
    return _wire(item.event, item.cursor)


def _wire(event: Event, id_: str) -> bytes:
    return format_sse_event(data_str=orjson.dumps(event_view(event), default=str).decode(), id=id_)


def _sequence(given: str) -> int:
    if given.isdecimal() and len(given) < 10:
        return int(given)
    raise BadInput([Problem("/Last-Event-ID", "cursor", "the id of a case's event is its sequence number")])
