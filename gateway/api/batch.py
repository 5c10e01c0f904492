"""POST /v1/applications/batch: NDJSON in and out. One bad line never fails the batch, and a second run makes no second case."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any, Final

import orjson
from fastapi import APIRouter
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from gateway.api.answers import problem_body
from gateway.api.applications import idempotency_key, submit
from gateway.api.auth import Caller, Submitter
from gateway.api.bodies import parse_json
from gateway.api.docs import known, raw_body
from gateway.api.door import Door, DoorDep
from gateway.api.errors import TooLarge, UnsupportedMedia
from gateway.api.problems import Told, tell
from gateway.application import messages
from gateway.application.languages import negotiate
from gateway.domain.errors import BadInput

router = APIRouter(tags=["applications"])
NDJSON: Final = "application/x-ndjson"
_TAKEN: Final = (NDJSON, "application/ndjson", "application/jsonl")


@router.post(
    "/v1/applications/batch",
    operation_id="submitBatch",
    responses={
        200: {
            "description": "One line for each line, in order: {line, key, status, answer | problem, repeated}.",
            "content": {NDJSON: {"schema": {"type": "string"}}},
        },
        **known(415),
    },
    openapi_extra=raw_body(
        NDJSON, {"type": "string"}, 'Lines of {"key": "...", "application": {...}}; each key as in Idempotency-Key.'
    ),
)
async def submit_batch(request: Request, caller: Submitter, door: DoorDep) -> Response:
    """Hand in many applications. Answers come while lines are still being sent; break off and send again as you like."""
    given = request.headers.get("content-type", "")
    if given.partition(";")[0].strip().lower() not in _TAKEN:
        raise UnsupportedMedia(given, NDJSON)
    return _Lines(_answers(request, caller, door))


class _Lines(Response):
    """Streams lines out while the body still comes in: nobody else reads from the connection meanwhile."""

    media_type = NDJSON

    def __init__(self, lines: AsyncIterator[bytes]) -> None:
        super().__init__()
        self._lines = lines
        self.raw_headers = [(name, value) for name, value in self.raw_headers if name != b"content-length"]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - the ASGI signature
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        try:
            async for line in self._lines:
                await send({"type": "http.response.body", "body": line, "more_body": True})
        except ClientDisconnect:
            return  # what was taken in is stored; the same lines again get the same answers
        await send({"type": "http.response.body", "body": b""})


async def _answers(request: Request, caller: Caller, door: Door) -> AsyncIterator[bytes]:
    """Keep a window of lines on their way, and answer in their order, each as soon as it and those before it are done."""
    room = asyncio.Semaphore(door.parts.limits.batch_window)
    window: asyncio.Queue[asyncio.Task[bytes] | None] = asyncio.Queue()
    language = negotiate(request.headers.get("accept-language", ""))
    traceparent = request.scope.get("darcha.traceparent", "")
    begun: set[asyncio.Task[bytes]] = set()

    async def read() -> None:
        try:
            async for number, raw in _split(request, door.parts.limits.application_bytes):
                await room.acquire()
                line = asyncio.create_task(_one(door, caller, number, raw, language, traceparent))
                begun.add(line)
                line.add_done_callback(begun.discard)
                window.put_nowait(line)
        finally:
            window.put_nowait(None)

    reader = asyncio.create_task(read())
    try:
        while (line := await window.get()) is not None:
            yield await line
            room.release()
        await reader
    finally:
        reader.cancel()
        # Begun is begun: a line whose answer nobody waits for any more is stored all the same.
        await asyncio.gather(reader, *begun, return_exceptions=True)


async def _split(request: Request, limit: int) -> AsyncIterator[tuple[int, bytes | None]]:
    """Yield (line number, line), ``None`` for a line that is too long. Blank lines are passed over."""
    rest, number, too_long = b"", 0, False
    async for chunk in request.stream():
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            number += 1
            if too_long or len(line) > limit:
                yield number, None
            elif line.strip():
                yield number, line
            too_long = False
        if len(rest) > limit:
            rest, too_long = b"", True
    if too_long or rest.strip():
        yield number + 1, None if too_long else rest


async def _one(door: Door, caller: Caller, number: int, raw: bytes | None, language: str, traceparent: str) -> bytes:
    limit = door.parts.limits.application_bytes
    line: dict[str, Any] = {"line": number, "key": None}
    try:
        if raw is None:
            raise TooLarge(limit)
        line["key"], application = _read(raw, limit)
        done = await submit(door, caller, line["key"], application, traceparent)
        line |= {"status": 202, "repeated": done.repeated, "answer": done.answer}
    except Exception as error:  # noqa: BLE001 - one line never fails its batch
        told = tell(error, door.parts.limits)
        line["status"], line["problem"] = told.status, _problem(told, language)
    return orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE)


def _problem(told: Told, language: str) -> dict[str, Any]:
    return problem_body(language, told.status, told.code, told.detail, told.errors)


def _read(raw: bytes, limit: int) -> tuple[str, bytes]:
    value = parse_json(raw, limit)
    if not isinstance(value, dict):
        raise BadInput([messages.problem("", "type", wanted="object")])
    errors = [messages.problem(f"/{n}", "unknown_field", name=n) for n in value if n not in ("key", "application")]
    errors += [messages.problem(f"/{n}", "required", name=n) for n in ("key", "application") if n not in value]
    if not isinstance(value.get("key", ""), str):
        errors.append(messages.problem("/key", "type", wanted="string"))
    if errors:
        raise BadInput(errors)
    return idempotency_key(value["key"]), json.dumps(value["application"], ensure_ascii=False, separators=(",", ":")).encode()
