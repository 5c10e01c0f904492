"""The app over small fakes: for keys, shapes and errors. What really happens to a case is tried in ``tests/integration/api``."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from gateway.api.app import build_api
from gateway.api.parts import ApiParts, Limits
from gateway.application.acts import Acts
from gateway.application.bus import Bus
from gateway.application.callbacks import Callbacks
from gateway.application.deployment import Deployment
from gateway.application.feed import Hub
from gateway.application.incident_groups import IncidentGroups
from gateway.application.reads import Client, DocumentRow
from gateway.application.replays import Replays
from gateway.application.store import Intake, IntakeResult, KeyReused, Repeated, StoreUnavailable, Taken
from gateway.application.submit import Submit
from gateway.application.webhooks import Webhooks
from gateway.catalogue.calendars import seed
from gateway.domain.agency import Agency, Operation
from gateway.domain.catalogue import Catalogue
from gateway.domain.office import Office
from gateway.domain.outcomes import Completed
from gateway.domain.service import Expression, Service, Step
from gateway.domain.webhook_target import Allowed
from gateway.notify.webhooks import RareReceivers
from gateway.sdk.adapter import Answer, Callback, Manifest, Parsed
from gateway.sdk.errors import CallbackRefused
from gateway.security.keys import hash_key
from tests.unit.api.asgi import Caller

NOW = datetime(2026, 9, 1, 5, 0, tzinfo=UTC)
KEYS = {
    "office-key": Client("namangan", frozenset({"submit", "read"})),
    "other-key": Client("kosonsoy", frozenset({"submit", "read"})),
    "operator-key": Client("dilnoza", frozenset({"operate"})),
    "clerk-key": Client("clerk", frozenset({"desk"}), "namangan-center"),
    "loose-clerk-key": Client("loose", frozenset({"desk"})),
}
FORM = {
    "type": "object",
    "additionalProperties": False,
    "required": ["wish"],
    "properties": {"wish": {"type": "string", "maxLength": 20}, "count": {"type": "integer", "minimum": 1}},
}


class Mint:
    def uuid(self) -> uuid.UUID:
        return uuid.uuid4()

    def salt(self) -> str:
        return "00" * 16

    def jitter(self) -> float:
        return 0.5


@dataclass
class Shelf:
    """A store and its reads, in memory: keys, documents, blobs, and what was handed in."""

    taken: dict[tuple[str, str], Intake] = field(default_factory=dict)
    blobs: dict[str, bytes] = field(default_factory=dict)
    pins: dict[str, bytes] = field(default_factory=dict)
    documents: list[DocumentRow] = field(default_factory=list)
    inbox: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    looked_up: int = 0
    away: bool = False
    gate: Callable[[], Any] | None = None

    async def client_of_key(self, hashed: str) -> Client | None:
        self.looked_up += 1
        self._there()
        return {hash_key(key): client for key, client in KEYS.items()}.get(hashed)

    async def submit(self, item: Intake) -> IntakeResult:
        if self.gate is not None:
            await self.gate()
        self._there()
        known = self.taken.get((item.client, item.key))
        if known is None:
            self.taken[item.client, item.key] = item
            return Taken(item.answer)
        return Repeated(known.answer) if known.body_hash == item.body_hash else KeyReused()

    async def case_file(self, case: uuid.UUID | str, client: str = "") -> Any:
        self._there()
        files = [i.file for i in self.taken.values() if case in (i.file.case.id, i.file.case.number)]
        return files[0] if files and client in ("", files[0].case.client) else None

    async def is_claimed(self, _unique: str) -> bool:
        return False

    async def add_document(self, document: DocumentRow, content: bytes) -> None:
        self.documents.append(document)
        self.blobs[document.digest] = content

    async def document(self, id_: uuid.UUID) -> DocumentRow | None:
        return next((d for d in self.documents if d.id == id_), None)

    async def documents_by_digest(self, digests: Sequence[str], client: str) -> list[DocumentRow]:
        return [d for d in self.documents if d.digest in digests and client == d.client]

    async def get_blob(self, digest: str) -> bytes | None:
        return self.blobs.get(digest)

    async def put_blobs(self, blobs: Mapping[str, bytes]) -> None:
        self.blobs |= blobs

    async def get_pin(self, digest: str) -> bytes | None:
        return self.pins.get(digest)

    async def keep_callback(self, item: Any) -> Mapping[str, Any]:
        self._there()
        return self.inbox.setdefault(item.key, item.answer)

    async def wake(self, _topic: str) -> None:
        self._there()

    def _there(self) -> None:
        if self.away:
            raise StoreUnavailable("no database")


class Echo:
    """An adapter whose callbacks are plain text: ``ok`` or a refusal."""

    def __init__(self, agency: Agency) -> None:
        self.agency = agency

    def callback_name(self, content_type: str, body: bytes) -> str:
        if not body.startswith(b"Ready"):
            raise CallbackRefused("/", "unknown_operation", "this is none of the contract's")
        return "Ready"

    def read_callback(self, name: str, headers: Mapping[str, str], body: bytes) -> Callback:
        assert all(header == header.lower() for header in headers)
        if body.endswith(b"bad"):
            raise CallbackRefused("/body", "invalid", "it ends badly")
        return Callback(name, Parsed(Completed()), reference="R-1")

    def answer_callback(self, callback: Callback) -> Answer:
        return Answer(200, "text/plain", f"kept {callback.name}".encode())

    def refuse_callback(self, error: Exception, status: int) -> Answer:
        return Answer(status, "text/plain", f"refused: {error}".encode())


class Vault:
    def get(self, reference: str) -> str:
        return {"secret://registry/callback": "open sesame", "secret://post/callback": "pigeon"}[reference]


def catalogue() -> Catalogue:
    text = {"uz": "Istak", "ru": "Желание", "ky": "Каалоо", "en": "Wish"}
    step = Step("ask", "registry", "Ask", Expression("form", "ask.jsonata"), title=text)
    service = Service("wish", "1", text, FORM, (step,), Expression("null", "decision.jsonata"), digest="s" * 64)
    basic = {"auth": {"kind": "basic", "user": "registry", "secret": "secret://registry/callback"}}
    operations = {"operations": {"Ready": {}}}
    agencies = {
        "registry": Agency(
            "registry", text, "echo", {"Ask": Operation("Ask", True)}, callbacks=basic | operations, digest="a" * 64
        ),
        "post": Agency(
            "post",
            text,
            "echo",
            {},
            callbacks={"auth": {"kind": "bearer", "secret": "secret://post/callback"}} | operations,
            digest="b" * 64,
        ),
        "shut": Agency("shut", text, "echo", {}, callbacks=operations, digest="c" * 64),
        "office": Agency("office", text, "people", {}, branches_are_offices=True, digest="d" * 64),
    }
    offices = {"namangan-center": Office("namangan-center", text, "1714401", "Asia/Tashkent", "UZ-5")}
    return Catalogue({"wish": service}, offices, agencies, "x")


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
def parts(shelf: Shelf) -> ApiParts:
    manifests = {
        "echo": Manifest("echo", "Echo", cast(Any, Echo)),
        "people": Manifest("people", "People", cast(Any, Echo), people=True),
    }
    deployment = Deployment(catalogue(), manifests, seed)
    store, bus, mint = cast(Any, shelf), cast(Bus, shelf), Mint()
    now = lambda: NOW  # noqa: E731
    return ApiParts(
        deployment=deployment,
        store=store,
        reads=store,
        hub=Hub(store),
        alerts=store,
        replays=Replays(deployment, store, store, mint),
        groups=IncidentGroups(deployment, store, store),
        webhooks=Webhooks(store, store, RareReceivers(Allowed()), deployment.catalogue, mint, b"secret"),
        history=store,
        bus=bus,
        submit=Submit(deployment, store, bus, mint, b"secret", now),
        acts=Acts(deployment, store, bus),
        callbacks=Callbacks(store, bus),
        secret=b"secret",
        secrets=Vault(),
        mint=mint,
        now=now,
        limits=Limits(application_bytes=4096, body_bytes=1024, document_bytes=4096, callback_bytes=1024, running_wait_secs=0.05),
    )


@pytest.fixture
def call(parts: ApiParts) -> Caller:
    """A caller without a key."""
    return Caller(build_api(parts))


@pytest.fixture
def office(call: Caller) -> Caller:
    return call.with_headers(authorization="Bearer office-key")


@pytest.fixture
def operator(call: Caller) -> Caller:
    return call.with_headers(authorization="Bearer operator-key")


def application(**changes: Any) -> dict[str, Any]:
    """An application that breaks no rule, with some members changed; ``...`` leaves one out."""
    made: dict[str, Any] = {
        "service": "wish",
        "office": "namangan-center",
        "channel": "counter",
        "taken_at": "2026-09-01T09:00:00+05:00",
        "territory": "1714401",
        "language": "uz",
        "parties": [
            {"role": "applicant", "kind": "person", "identifier": "1234", "name": {"family": "Namunayeva", "given": "Zulfiya"}}
        ],
        "form": {"wish": "a place"},
    } | changes
    return {k: v for k, v in made.items() if v is not ...}


@pytest.fixture
def limited(parts: ApiParts) -> Callable[..., Caller]:
    """Makes a caller of an app with other parts."""
    return lambda **changes: Caller(build_api(replace(parts, **changes)), authorization="Bearer office-key")
