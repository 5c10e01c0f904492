"""The whole OpenAPI document, tried as each scope over a real store and real HTTP: no 5xx, no answer that it does not tell of.

Every operation is called with what its description allows and with what it forbids; the parameters of its path are, most of
the time, ids that stand in the store. An operation that is added to the app is tried without a line here.
"""

from __future__ import annotations

import asyncio
import copy
import secrets
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
import requests
import schemathesis
import uvicorn
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.testing import capture_logs

from gateway.api.app import build_api
from gateway.api.openapi import described
from gateway.api.parts import Limits
from gateway.application.calendars import Calendars
from gateway.application.deployment import Deployment
from gateway.application.reads import Client
from gateway.catalogue.calendars import seed, seed_version
from gateway.domain.incident import Incident, IncidentKind
from gateway.security.keys import hash_key
from tests.integration.api.conftest import Town, example, ok
from tests.integration.api.pool import Pool
from tests.integration.api.test_operators import to_the_desk

DOCUMENT = described()
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
#: The holder of a key with one scope alone, and how many examples of each kind an operation gets.
SCOPES = {
    "submit": (Client("namangan", frozenset({"submit"})), 4),
    "read": (Client("namangan", frozenset({"read"})), 3),
    "operate": (Client("dilnoza", frozenset({"operate"})), 5),
    "desk": (Client("clerk", frozenset({"desk"}), "namangan-center"), 3),
    "reveal": (Client("inspector", frozenset({"reveal"})), 3),
    "metrics": (Client("prometheus", frozenset({"metrics"})), 1),
    "none": (None, 1),
}
STREAM = b"text/event-stream"
PATIENCE_SECS = 0.1


@schemathesis.serializer("application/x-ndjson", "*/*", "text/xml")
def as_it_is(_context: Any, value: Any) -> bytes:
    """Bodies that are no JSON are sent as they were made."""
    return value if isinstance(value, bytes) else str(value).encode()


class Impatient:
    """An app whose endless answers end: a stream of events is left after its first piece, or when none comes soon."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        streams, piece = asyncio.Event(), asyncio.Event()

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start" and any(STREAM in v for _, v in message["headers"]):
                streams.set()
            await send(message)
            if message["type"] == "http.response.body" and message.get("body"):
                piece.set()

        answering = asyncio.create_task(self._app(scope, receive, sending))
        streaming = asyncio.create_task(streams.wait())
        await asyncio.wait({answering, streaming}, return_when=asyncio.FIRST_COMPLETED)
        streaming.cancel()
        if streams.is_set() and not answering.done():
            first = asyncio.create_task(piece.wait())
            await asyncio.wait({answering, first}, timeout=PATIENCE_SECS, return_when=asyncio.FIRST_COMPLETED)
            first.cancel()
            if not answering.done():
                answering.cancel()
                await asyncio.gather(answering, return_exceptions=True)
                await send({"type": "http.response.body", "body": b""})
                return
        await answering


@asynccontextmanager
async def served(app: ASGIApp) -> AsyncIterator[str]:
    """Serve an app on a port of its own, in this loop. Returns its address."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, lifespan="off", ws="none"))
    running = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    await running


async def fill(town: Town) -> Pool:
    """Let some of everything stand in the town: cases under way, at the desk, in trouble and withdrawn, documents, incidents."""
    await town.parts.deployment.calendars.start(town.store)
    preschool = await example("preschool-enrolment", "granted-mother-for-child")
    paid = await example("cadastre-extract", "granted-paid-and-handed-over") | {"office": "namangan-center"}
    await to_the_desk(town, paid)
    first = await town.submit(await example("preschool-enrolment", "granted-already-in-queue"))
    await town.said(first["id"], "child", {"outcome": "completed", "data": {"found": True, "child": {"identifier": "1"}}})
    await town.said(first["id"], "child", {"outcome": "refused", "code": "x", "reason": "on second thoughts"})
    asked = await town.submit(await example("preschool-enrolment", "supplemented-missing-certificate"))
    await town.said(asked["id"], "child", {"outcome": "needs_applicant", "what": "the certificate", "reference": "R-7"})
    gone = await town.submit(await example("business-registration", "granted-two-founders"))
    ok(await town.office.post(f"/v1/cases/{gone['id']}/withdraw", {"reason": "moved away"}))
    kind = IncidentKind.LANE_MISCONFIGURED
    await town.store.open_incidents([Incident(kind, f"{kind}:tax", {"reason": "401"}, agency="tax", lane="tax")])
    document = ok(await town.office.post("/v1/documents?name=a.pdf", b"%PDF-", content_type="application/pdf"), 201)
    pool = Pool(DOCUMENT)
    pool.put("document", document["id"])
    pool.put("digest", document["digest"])
    await pool.gather(town.operator, town.office, town.by("clerk-key"))
    pool.put("case", first["number"])
    for agency in town.parts.deployment.catalogue.agencies.values():
        for name in agency.callbacks.get("operations", {}):
            pool.put("operation", name)
    pool.bodies["Application"] = [preschool, paid]
    return pool


@dataclass
class Told:
    """What came of calling every operation."""

    failures: dict[str, str] = field(default_factory=dict)
    answers: Counter[tuple[str, int]] = field(default_factory=Counter)


@dataclass(frozen=True)
class Trial:
    """Calls one operation as one caller, with some of what its description allows, or of what it forbids."""

    operation: Any
    pool: Pool
    address: str
    session: requests.Session
    told: Told

    def run(self, mode: GenerationMode, examples: int) -> None:
        """Keep the first failure. A call that this caller may never make is tried once, any other ``examples`` times."""
        try:
            self._run(mode, 1)
            made = {status for (label, status) in self.told.answers if label == self.operation.label}
            if not made <= {401, 403} and examples > 1:
                self._run(mode, examples)
        except FailureGroup as error:
            self.told.failures[f"{self.operation.label} ({mode.value})"] = error.message[:3000]
        except Unsatisfiable:
            if mode is GenerationMode.POSITIVE:
                raise
            # A call that takes nothing has nothing to forbid.

    def _run(self, mode: GenerationMode, examples: int) -> None:
        real = st.fixed_dictionaries({name: self._real(name) for name in _names(self.operation.path)})

        @settings(
            max_examples=examples,
            derandomize=True,
            database=None,
            deadline=None,
            phases=(Phase.explicit, Phase.generate),
            suppress_health_check=list(HealthCheck),
        )
        @given(case=self.operation.as_strategy(generation_mode=mode), real=real, body=self._body())
        def call(case: Any, real: dict[str, str | None], body: dict[str, Any] | None) -> None:
            case.path_parameters.update({name: value for name, value in real.items() if value is not None})
            if body is not None:
                case.body, case.headers["Idempotency-Key"] = body, secrets.token_hex(8)
            response = case.call(base_url=self.address, session=self.session, timeout=20)
            self.told.answers[self.operation.label, response.status_code] += 1
            case.validate_response(response, checks=CHECKS)

        call()

    def _real(self, name: str) -> st.SearchStrategy[str | None]:
        known = self.pool.values.get(name)
        return st.one_of(*[st.sampled_from(known)] * 3, st.none()) if known else st.none()

    def _body(self) -> st.SearchStrategy[dict[str, Any] | None]:
        takes = str(self.operation.definition.raw.get("requestBody"))
        real = [body for name, bodies in self.pool.bodies.items() if f"/schemas/{name}'" in takes for body in bodies]
        return st.sampled_from([*real, *[None] * len(real)]) if real else st.none()


def _names(path: str) -> Iterator[str]:
    for part in path.split("{")[1:]:
        yield part.partition("}")[0]


def try_all(address: str, key: str, pool: Pool, examples: int) -> Told:
    """Call every operation of the document."""
    told = Told()
    with requests.Session() as session:
        if key:
            session.headers["Authorization"] = f"Bearer {key}"
        for found in schemathesis.openapi.from_dict(DOCUMENT).get_all_operations():
            for mode in GenerationMode:
                Trial(found.ok(), pool, address, session, told).run(mode, examples)
    return told


@pytest.fixture
def deployment(deployment: Deployment) -> Deployment:
    """With calendars of this test alone."""
    return Deployment(deployment.catalogue, deployment.manifests, Calendars(seed, ("UZ-5",), seed_version()))


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("store_url", "scope"), [*(("sqlite", scope) for scope in SCOPES), ("postgres", "operate")], indirect=["store_url"]
)
async def test_no_5xx_and_no_answer_that_is_not_documented(town: Town, scope: str) -> None:
    client, examples = SCOPES[scope]
    if town.store.db.postgres:  # what differs between the databases shows at once
        examples = 2
    key = "" if client is None else secrets.token_hex(8)
    if client is not None:
        await town.store.add_key(hash_key(key), client)
    pool = await fill(town)
    limits = Limits(events_wait_secs=0.05, application_bytes=65536, body_bytes=16384, document_bytes=65536, callback_bytes=65536)
    async with served(Impatient(build_api(replace(town.parts, limits=limits)))) as address:
        with capture_logs():  # thousands of lines that nobody reads
            told = await asyncio.to_thread(try_all, address, key, pool, examples)
    assert not told.failures, "\n\n".join(f"{name}\n{why}" for name, why in told.failures.items())
    reads = {(label, status) for label, status in told.answers if label.startswith("GET /v1/")}
    open_ = {label for label, status in reads if status not in (401, 403)}
    done = {label for label, status in reads if status < 300}
    assert len(done) * 2 >= len(open_), f"most reads found nothing, so little was tried: {sorted(open_ - done)}"


async def test_what_the_document_does_not_tell_is_found(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    document = copy.deepcopy(DOCUMENT)
    document["paths"] = {path: document["paths"][path] for path in ("/v1/cases", "/healthz", "/v1/services")}
    del document["paths"]["/v1/cases"]["get"]["responses"]["401"]
    document["components"]["schemas"]["HealthOut"]["properties"]["status"] = {"type": "integer"}
    monkeypatch.setattr("tests.integration.api.test_schemathesis.DOCUMENT", document)
    async with served(build_api(town.parts)) as address:
        told = await asyncio.to_thread(try_all, address, "", Pool(document), 2)
    assert {label for label, _, _ in (name.partition(" (") for name in told.failures)} == {"GET /v1/cases", "GET /healthz"}
