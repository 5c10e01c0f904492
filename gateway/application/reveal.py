"""Somebody looks at what was sent to an agency, or what it called back with: first that is an event, then it is shown."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from gateway.application.acts import Acts
from gateway.application.attribution import events_of_case
from gateway.application.reads import Reads
from gateway.application.timeline import TimelineReads
from gateway.domain.acts import request_of
from gateway.domain.case_file import CaseFile
from gateway.domain.errors import NotFound
from gateway.domain.request import Work
from gateway.domain.rules import Rules

SENT: Final = "sent"


@dataclass(frozen=True, slots=True)
class Revealed:
    """What was shown. ``sequence`` is that of the event that says so; ``digest`` the SHA-256 of ``content``."""

    case_id: UUID
    request_id: UUID
    what: str
    media_type: str
    content: bytes
    digest: str
    sequence: int


class Reveal:
    """The use case. Whether the caller may, the door has asked before."""

    def __init__(self, acts: Acts, reads: Reads, history: TimelineReads) -> None:
        self._acts = acts
        self._reads = reads
        self._history = history

    async def run(self, request_id: UUID, what: str, reason: str, actor: str) -> Revealed:
        """Record that ``actor`` looks, and why; return the bytes once that is committed.

        ``what``: ``sent``, ``lookup``, or the id of a callback that was applied to the request. Raises ``NotFound`` when there
        is no such request or message; then nothing is recorded.
        """
        case_id = await self._reads.case_of_request(request_id)
        if case_id is None:
            raise NotFound("not_found", f"there is no request {request_id}")
        content, media_type = await self._message(case_id, request_id, what)
        digest = hashlib.sha256(content).hexdigest()

        def act(file: CaseFile, _rules: Rules) -> None:
            request = request_of(file, request_id)
            facts = {"step": request.step, "request": request.id, "agency": request.agency, "what": what, "digest": digest}
            file.event("message.revealed", {**facts, "size": len(content), "reason": reason}, actor)

        file = await self._acts.run(case_id, act)
        sequence = next(event.seq for event in file.events if event.type == "message.revealed")
        return Revealed(case_id, request_id, what, media_type, content, digest, sequence)

    async def _message(self, case_id: UUID, request_id: UUID, what: str) -> tuple[bytes, str]:
        if what in (SENT, Work.LOOKUP):
            purpose = Work.SEND if what == SENT else Work.LOOKUP
            for message in await self._history.messages_of([request_id]):
                if message.purpose == purpose:
                    return message.content, str(message.meta.get("content_type", ""))
        elif await self._is_of(case_id, request_id, what):
            for kept in await self._history.callbacks_by_id([UUID(what)]):
                return kept.item.body, kept.item.headers.get("content-type", "")
        raise NotFound("not_found", f"the request {request_id} has no message {what[:60]!r}: sent, lookup, or a callback's id")

    async def _is_of(self, case_id: UUID, request_id: UUID, callback: str) -> bool:
        """Whether an event of the case says that this callback was applied to this request."""
        wanted = (callback, str(request_id))
        events = await events_of_case(self._reads, case_id)
        return any((str(e.payload.get("inbox", "")), str(e.payload.get("request", ""))) == wanted for e in events)
