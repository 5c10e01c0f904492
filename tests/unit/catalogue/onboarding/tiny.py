"""A tiny plug-in with a protocol of its own, for tests of what is the same for every kind of contract.

A call is ``POST /<operation>`` with JSON. An input with ``"bad": …`` is invalid to it, and ``"crash"`` makes it fail.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import aiohttp
import orjson
from aiohttp import web

from gateway.sdk import (
    AdapterError,
    Agency,
    Draft,
    DraftOperation,
    Field,
    Flaw,
    Health,
    Invalid,
    Link,
    Manifest,
    Message,
    MessageInvalid,
    OutgoingRequest,
    Parsed,
    Reply,
)
from gateway.sdk.reading import ProductInvalid, read_response
from gateway.sdk.simulator import Call, CallUnreadable, Post, Said, Simulator

CONTRACT = b"openapi: 3.1.0\ninfo: {title: Rivers}\npaths: {}\n"


class TinyAdapter:
    """The part of an adapter that onboarding asks for."""

    def __init__(self, agency: Agency) -> None:
        self.agency = agency

    def check(self) -> list[Flaw]:
        return []

    def render(self, request: OutgoingRequest) -> Message:
        if isinstance(request.input, dict) and "crash" in request.input:
            raise RuntimeError("a bug of the plug-in")
        if isinstance(request.input, dict) and "bad" in request.input:
            raise MessageInvalid("/bad", "there is no such field")
        path = f"/{request.operation}"
        return Message(request.message_id, request.operation, orjson.dumps(request.input), "application/json", path=path)

    def parse(self, reply: Reply) -> Parsed:
        body = orjson.loads(reply.body) if reply.body else None
        try:
            data = {"body": body, "status": reply.status, "operation": reply.operation}
            return read_response(self.agency.operations[reply.operation].response, data).parsed
        except ProductInvalid as error:
            return Parsed(Invalid(error.path, error.reason))

    async def send(self, message: Message, link: Link) -> Parsed:
        async with link.session.post(link.endpoint + message.path, data=message.body) as answer:
            raw = await answer.read()
            if answer.status >= 400:
                return Parsed(Invalid("", f"HTTP {answer.status}: {raw.decode()}"))
            return self.parse(Reply(message.operation, answer.status, {}, raw))

    async def probe(self, link: Link) -> Health:
        try:
            async with link.session.get(f"{link.endpoint}/health?token={link.secrets.get('secret://rivers/token')}") as answer:
                return Health(ok=answer.status < 300, detail=f"HTTP {answer.status}")
        except aiohttp.ClientError as error:
            return Health(ok=False, detail=str(error))


class TinySimulator(Simulator):
    """Answers what the base says: the rule's reply, or the folder's example."""

    def read(self, request: web.BaseRequest, raw: bytes) -> Call:
        name = request.path.lstrip("/")
        if name not in self.agency.operations:
            raise CallUnreadable(404, f"no {name}")
        return Call(name, orjson.loads(raw), "", raw)

    def write(self, call: Call, said: Said) -> web.Response:
        return web.Response(status=said.status or 200, body=b"" if said.body is None else orjson.dumps(said.body))

    def refuse(self, error: CallUnreadable) -> web.Response:
        return web.Response(status=error.status, text=str(error))

    def unavailable(self, status: int) -> web.Response:
        return web.Response(status=status)

    def post(self, call: Call, name: str, body: Any) -> Post:
        raise AssertionError("this protocol has no callbacks")

    def other(self, request: web.BaseRequest) -> web.Response | None:
        return web.Response(text="well") if request.method == "GET" else None


GIVE = DraftOperation(
    name="givePermit",
    found_as="POST /permits",
    about="Gives a permit */ for a river, whatever it is called",
    options={"method": "POST", "path": "/permits"},
    input=(
        Field("river", "text", rule="at least 2 characters", about="Река"),
        Field("rods", "object", many=True, fields=(Field("length", "whole number", about="cm /* not m */"),)),
        Field("note", "text", required=False, enumeration=("a", "b")),
        Field(
            "holder", "object", required=False, choice="A", fields=(Field("pin", "text"), Field("name", "text", required=False))
        ),
    ),
    output=(Field("number", "text"), Field("fees", "number", required=False, many=True)),
    request={"river": 'Namuna "daryo"', "rods": [{"length": 3}]},
    reply={"number": "N-1", "fees": [1]},
)
LIST = DraftOperation(
    name="listRivers",
    found_as="GET /rivers",
    idempotent=True,
    options={"method": "GET", "path": "/rivers"},
    request={},
    reply=["Namuna-daryo"],
)
BROKEN = DraftOperation(name="sell", found_as="POST /sales", problem="its schema is nowhere")
DRAFT = Draft(
    contract="openapi.yaml",
    files={"openapi.yaml": CONTRACT},
    operations=(GIVE, LIST, BROKEN),
    title="Rivers: permits",
    endpoint="https://rivers.example/v1",
    auth={"kind": "bearer", "secret": "secret://agency/token"},
    unresolved=("rivers.example/other.yaml: nobody has it",),
)


def draft_of(draft: Draft) -> Any:
    """Return a plug-in's ``draft`` that finds ``draft`` in whatever document it is given."""

    def read(files: Mapping[str, bytes], mains: Sequence[str], wanted: Sequence[str]) -> Draft:
        if b"paths" not in files[mains[0]]:
            raise AdapterError(f"{mains[0]}: it has no paths")
        kept = tuple(o for o in draft.operations if not wanted or o.name in wanted or o.found_as in wanted)
        return replace(draft, contract=mains[0], files={mains[0]: files[mains[0]]}, operations=kept)

    return read


def manifest(draft: Draft = DRAFT, /, **more: Any) -> Manifest:
    """Return the plug-in, onboarding by ``draft``."""
    given: dict[str, Any] = {"make": TinyAdapter, "simulator": TinySimulator, "contract": "openapi", "draft": draft_of(draft)}
    return Manifest("tiny", "Tiny", **(given | more))
