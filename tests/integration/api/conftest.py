"""The app over a real store (SQLite and PostgreSQL), the in-process bus and the reference catalogue.

No worker runs: what agencies say is put in by an operator's ``resolve``, by callbacks, or by a clerk, so that each test
decides what happens and when.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from gateway.api.app import build_api
from gateway.api.parts import ApiParts
from gateway.application.acts import Acts
from gateway.application.callbacks import Callbacks
from gateway.application.deployment import Deployment
from gateway.application.feed import Hub
from gateway.application.incident_groups import IncidentGroups
from gateway.application.reads import Client
from gateway.application.replays import Replays
from gateway.application.submit import Submit
from gateway.application.webhooks import Webhooks
from gateway.catalogue.calendars import seed
from gateway.catalogue.loader import load_catalogue
from gateway.catalogue.plugins import find_adapters
from gateway.domain.webhook_target import read_allowed
from gateway.messaging import connect
from gateway.notify.webhooks import RareReceivers
from gateway.security.keys import hash_key
from gateway.security.secrets import EnvSecrets
from gateway.storage import DatabaseStore, GroupCommit, SystemMint, open_store
from tests.unit.api.asgi import Answer, Caller

ROOT = Path(__file__).parents[3]
EXAMPLES = ROOT / "schemas" / "services"
SECRETS = {
    "DARCHA_SECRET_PRESCHOOL_MINISTRY_CALLBACK": "ministry-secret",
    "DARCHA_SECRET_CADASTRE_CALLBACK": "cadastre-secret",
}
KEYS = {
    "office-key": Client("namangan", frozenset({"submit", "read"})),
    "other-key": Client("kosonsoy", frozenset({"submit", "read"})),
    "operator-key": Client("dilnoza", frozenset({"operate"})),
    "revealing-key": Client("inspector", frozenset({"reveal"})),
    "clerk-key": Client("clerk", frozenset({"desk"}), "namangan-center"),
    "other-clerk-key": Client("far clerk", frozenset({"desk"}), "kosonsoy-center"),
}


@dataclass(frozen=True)
class Town:
    """One gateway without workers, and a caller for each of its users."""

    parts: ApiParts
    store: DatabaseStore
    stranger: Caller

    def by(self, key: str) -> Caller:
        return self.stranger.with_headers(authorization=f"Bearer {key}")

    @property
    def office(self) -> Caller:
        return self.by("office-key")

    @property
    def operator(self) -> Caller:
        return self.by("operator-key")

    async def submit(self, application: dict[str, Any], key: str = "") -> dict[str, Any]:
        answer = await self.office.post("/v1/applications", application, idempotency_key=key or secrets.token_hex(8))
        assert answer.status == 202, answer.body
        made: dict[str, Any] = answer.json()
        return made

    async def case(self, id_: str) -> dict[str, Any]:
        shown: dict[str, Any] = ok(await self.operator.get(f"/v1/cases/{id_}"))
        return shown

    async def step(self, id_: str, step: str) -> dict[str, Any]:
        requests = ok(await self.operator.get(f"/v1/cases/{id_}/requests"))["items"]
        (found,) = [r for r in requests if r["step"] == step and r["status"] != "superseded"]
        return dict(found)

    async def said(self, id_: str, step: str, outcome: dict[str, Any]) -> dict[str, Any]:
        """Let an agency have said something about a step."""
        request = (await self.step(id_, step))["id"]
        body = {"outcome": outcome, "reason": "asked them by telephone"}
        shown: dict[str, Any] = ok(await self.operator.post(f"/v1/requests/{request}/resolve", body))
        return shown


def ok(answer: Answer, status: int = 200) -> Any:
    assert answer.status == status, (answer.status, answer.body.decode())
    return answer.json()


@pytest.fixture(scope="session")
def deployment() -> Deployment:
    manifests = find_adapters()
    return Deployment(load_catalogue(ROOT, environ={}, adapters=manifests), manifests, seed)


@pytest.fixture(params=["sqlite", "postgres"])
def store_url(request: pytest.FixtureRequest, fresh_store: Callable[[str], str]) -> str:
    return fresh_store(request.param)


@pytest.fixture
def moving() -> Callable[[], datetime] | None:
    """The time of the town: its database's own, unless a module moves one."""
    return None


@pytest.fixture
async def town(store_url: str, deployment: Deployment, moving: Callable[[], datetime] | None) -> AsyncIterator[Town]:
    store = open_store(store_url, clock=moving)
    await store.open()
    bus = connect("memory://")
    await bus.open()
    for key, client in KEYS.items():
        await store.add_key(hash_key(key), client)
    await store.ensure_lanes({lane: agency.id for lane, agency in deployment.catalogue.lanes.items()})
    await store.put_pins(deployment.pins())
    mint = SystemMint()
    now: Callable[[], datetime] = moving or (lambda: datetime.now(UTC))
    parts = ApiParts(
        deployment=deployment,
        store=store,
        reads=store,
        hub=Hub(store),
        alerts=store,
        replays=Replays(deployment, store, store, mint),
        groups=IncidentGroups(deployment, store, store),
        webhooks=Webhooks(
            store, store, RareReceivers(read_allowed(["127.0.0.1"]), timeout_secs=5), deployment.catalogue, mint, b"secret"
        ),
        history=store,
        bus=bus,
        submit=Submit(deployment, GroupCommit(store.take_in), bus, mint, b"secret", now),
        acts=Acts(deployment, store, bus),
        callbacks=Callbacks(store, bus),
        secret=b"secret",
        secrets=EnvSecrets(SECRETS),
        mint=mint,
        now=now,
    )
    yield Town(parts, store, Caller(build_api(parts)))
    await bus.close()
    await store.close()


@pytest.fixture
async def preschool() -> dict[str, Any]:
    return await example("preschool-enrolment", "granted-mother-for-child")


@pytest.fixture
async def extract() -> dict[str, Any]:
    names = await asyncio.to_thread(lambda: sorted((EXAMPLES / "cadastre-extract" / "examples").glob("granted*.json")))
    return await example("cadastre-extract", names[0].stem) | {"office": "namangan-center"}


async def example(service: str, name: str) -> dict[str, Any]:
    """An application of the reference catalogue, handed in just now."""
    text = await asyncio.to_thread((EXAMPLES / service / "examples" / f"{name}.json").read_text, "utf-8")
    application: dict[str, Any] = json.loads(text)["application"]
    return application | {"taken_at": datetime.now(UTC).isoformat()}
