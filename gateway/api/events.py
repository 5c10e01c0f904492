"""The events of all cases, in commit order: how who was away catches up."""

from __future__ import annotations

import asyncio
from typing import Annotated, Final

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from gateway.api.answers import json_answer
from gateway.api.auth import Reader
from gateway.api.docs import known
from gateway.api.door import DoorDep
from gateway.api.models import EventQuery
from gateway.api.shapes import EventPage
from gateway.api.views import event_view

router = APIRouter(tags=["events"])
_LOOK_EVERY_SECS: Final = 0.5


@router.get("/v1/events", operation_id="listEvents", responses={200: {"model": EventPage}, **known()})
async def list_events(request: Request, caller: Reader, door: DoorDep, wanted: Annotated[EventQuery, Query()]) -> Response:
    """Return events after a cursor. ``after`` of the answer is where to go on, also when nothing came.

    With ``wait`` the call holds until there is something, so that a caller may ask again at once.
    """
    reads = door.parts.reads
    loop = asyncio.get_running_loop()
    until = loop.time() + min(wanted.wait, door.parts.limits.events_wait_secs)
    page = await reads.events_after(wanted.after, wanted.limit, caller.sees)
    while not page.items and (left := until - loop.time()) > 0 and not await request.is_disconnected():
        await asyncio.sleep(min(_LOOK_EVERY_SECS, left))
        page = await reads.events_after(wanted.after, wanted.limit, caller.sees)
    return json_answer({"items": [event_view(event) for event in page.items], "after": page.after or wanted.after})
