"""What tells an open page of a case that the case has moved on: a stream of server-sent events (WHATWG HTML, 9.2)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Final
from uuid import UUID

from starlette.responses import Response, StreamingResponse

from gateway.application.store import StoreUnavailable
from gateway.console.case import file_of
from gateway.console.pages import Pages
from gateway.console.visit import Visit

pages = Pages()
#: An open page asks the database so often, by the primary key.
_EVERY_SECS: Final = 1.0
#: A stream ends after this, and the browser opens another one: who was signed out meanwhile is told nothing more.
_LONGEST_SECS: Final = 300.0
_BEAT_SECS: Final = 15.0


@pages.get("/cases/{case}/stream")
async def stream(visit: Visit) -> Response:
    """Say ``moved`` with the new version each time the case has changed."""
    file = await file_of(visit)
    return StreamingResponse(_moves(visit, file.case.id, file.case.version), media_type="text/event-stream")


async def _moves(visit: Visit, case_id: UUID, known: int) -> AsyncIterator[str]:
    yield "retry: 3000\n\n"
    waited = 0.0
    while waited < _LONGEST_SECS and not visit.parts.stopping():
        await asyncio.sleep(_EVERY_SECS)
        waited += _EVERY_SECS
        try:
            version = await visit.parts.reads.version_of(case_id)
        except StoreUnavailable:
            continue
        if version is not None and version != known:
            known = version
            yield f"event: moved\ndata: {version}\n\n"
        elif waited % _BEAT_SECS == 0:
            yield ": still here\n\n"
