"""Unknown outcomes: whatever becomes of the answer, the agency's own ledger shows one effect.

Over real servers, by SOAP and by REST, with a lookup, without one, and for an operation that is idempotent. With a lookup the
request is looked up and never sent again; without one it is one effect and an incident; an idempotent one is sent again, byte for
byte, and what the agency answers then ("already registered under …") counts as sent.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from gateway.client import GatewayClient
from gateway.sdk.simulator import Entry
from tests.path.catalogue import application
from tests.path.doubtful import OPERATIONS, PROTOCOLS, write_catalogue
from tests.path.gateway import ROLES, Agencies, Gateway
from tests.path.proxy import Proxy
from tests.path.waiting import until

EMBEDDED_AND_PRODUCTION = pytest.mark.parametrize("servers", ["sqlite-inprocess", "postgres-rabbitmq"], indirect=True)
#: What goes wrong after the effect, in the words of the issue → what the form says to bring it about.
LOST = {
    "reset after the body was sent": "reset-after",
    "time-out while reading": "trouble:stall",
    "502 from a proxy": "trouble:502",
    "504 from a proxy": "trouble:504",
    "connection cut within the status line": "trouble:cut-7",
    "connection cut within the headers": "trouble:cut-40",
    "connection cut before the last byte": "trouble:cut-last",
    "a fault after the effect": "fault-after",
    "a malformed answer after the effect": "malformed",
}


@pytest.fixture(scope="module")
def catalogue_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The catalogue of doubtful agencies."""
    return write_catalogue(tmp_path_factory.mktemp("doubtful"))


@pytest.fixture
async def agencies(catalogue_root: Path, tmp_path: Path) -> AsyncIterator[Agencies]:
    """The agencies, each behind a proxy."""
    made = Agencies(catalogue_root, tmp_path / "ledgers")
    await made.start()
    proxies = []
    for id_ in PROTOCOLS.values():
        proxies.append(proxy := Proxy(made[id_].url))
        await proxy.start()
        made.environ[f"{id_.upper()}_URL"] = proxy.url
    yield made
    for proxy in proxies:
        await proxy.stop()
    await made.stop()


class Sent:
    """One case of each protocol and operation, all with the same trouble."""

    def __init__(self, gateway: Gateway, cases: dict[tuple[str, str], str]) -> None:
        self._gateway = gateway
        self._cases = cases

    @classmethod
    async def all(cls, gateway: Gateway, text: str, *operations: str) -> Sent:
        wanted = [(protocol, operation) for protocol in PROTOCOLS for operation in operations or OPERATIONS]
        return cls(gateway, {(p, o): await gateway.submit(f"{p}-{o}", text) for p, o in wanted})

    def ledger(self, request: dict[str, Any]) -> list[Entry]:
        """Return what the agency processed of one message."""
        return [e for e in self._gateway.agencies.ledger(request["agency"]) if e.message_id == request["message_id"]]

    async def completed(self, protocol: str, operation: str) -> tuple[list[str], list[tuple[str, bool]]]:
        """Wait until the case is closed. Return what was tried, and what the agency processed and whether it had an effect."""
        case = self._cases[protocol, operation]
        assert (await self._gateway.until_case(case, "closed"))["outcome"] == "granted"
        request = await self._gateway.request(case)
        entries = self.ledger(request)
        assert len({e.body_sha256 for e in entries if e.operation == operation}) == 1, "sent again as it was"
        return [f"{h['work']} {h['outcome']}" for h in request["history"]], [(e.operation, e.effect) for e in entries]

    async def for_a_person(self, protocol: str) -> None:
        """What cannot be looked up: one effect, an incident that names the message, nothing that would send it again."""
        case = self._cases[protocol, "deliver"]
        request = await self._gateway.until_request(case, "in_doubt")
        incident = await self._gateway.until_incident("in_doubt", case=case)
        assert incident["detail"]["message_id"] == request["message_id"]
        assert [(e.operation, e.effect) for e in self.ledger(request)] == [("deliver", True)]
        file = await self._gateway.core.store.case_file(case)
        assert file is not None
        live = file.live("entry")
        assert live is not None
        assert (live.next_at, live.lease_id) == (None, None), "nothing is planned and nothing is out"


@EMBEDDED_AND_PRODUCTION
@pytest.mark.parametrize("text", LOST.values(), ids=LOST)
async def test_one_effect(gateway: Gateway, text: str) -> None:
    sent = await Sent.all(gateway, text)
    for protocol in PROTOCOLS:
        tried, processed = await sent.completed(protocol, "register")
        assert tried == ["send unknown", "lookup completed"], protocol
        assert processed == [("register", True), ("find", False)], protocol
        tried, processed = await sent.completed(protocol, "amend")
        assert tried == ["send unknown", "send completed"], protocol
        assert processed == [("amend", True), ("amend", False)], protocol
        await sent.for_a_person(protocol)


@EMBEDDED_AND_PRODUCTION
async def test_already_registered_counts_as_sent(gateway: Gateway) -> None:
    """The agency's lookup lags behind its register: the message is sent again, and the agency knows it."""
    sent = await Sent.all(gateway, "lagging", "register")
    for protocol in PROTOCOLS:
        tried, processed = await sent.completed(protocol, "register")
        assert tried == ["send unknown", "lookup not_there", "send completed"], protocol
        assert processed == [("register", True), ("find", False), ("register", False)], protocol


@EMBEDDED_AND_PRODUCTION
async def test_a_lookup_whose_answer_is_lost_is_asked_again(gateway: Gateway) -> None:
    sent = await Sent.all(gateway, "twice-lost", "register")
    for protocol in PROTOCOLS:
        tried, processed = await sent.completed(protocol, "register")
        assert tried == ["send unknown", "lookup unknown", "lookup completed"], protocol
        assert processed == [("register", True), ("find", False), ("find", False)], protocol


@pytest.mark.parametrize("servers", ["sqlite-rabbitmq", "postgres-rabbitmq"], indirect=True)
async def test_a_worker_killed_between_sending_and_telling(idle: Gateway, tmp_path: Path) -> None:
    """The worker is a process of its own and dies by SIGKILL while every agency has acted and not answered."""
    await idle.start(*(role for role in ROLES if role != "worker"))
    async with process(idle, tmp_path, "--role", "worker") as worker:
        sent = await _held(idle)
        worker.send_signal(signal.SIGKILL)
    await idle.start_worker()
    await _found_out(idle, sent)


@pytest.mark.parametrize("servers", ["sqlite-inprocess"], indirect=True)
async def test_the_embedded_gateway_killed_between_sending_and_telling(idle: Gateway, tmp_path: Path) -> None:
    """All roles are one process, which dies by SIGKILL; another is started on its database."""
    async with process(idle, tmp_path) as whole:
        async with GatewayClient(idle.address, idle.key) as client:
            await until(lambda: _ready(idle.address), "it serves")
            idle.submit = partial(_submit, client)  # type: ignore[method-assign]
            sent = await _held(idle)
        whole.send_signal(signal.SIGKILL)
    await idle.start()
    await _found_out(idle, sent)


async def _held(gateway: Gateway) -> Sent:
    """Return cases whose agencies have all acted and not answered."""
    for id_ in PROTOCOLS.values():
        gateway.agencies[id_].hold()
    sent = await Sent.all(gateway, "plain")
    await until(lambda: [gateway.agencies[id_].held for id_ in PROTOCOLS.values()] == [len(OPERATIONS)] * 2, "all have acted")
    return sent


async def _found_out(gateway: Gateway, sent: Sent) -> None:
    for id_ in PROTOCOLS.values():
        gateway.agencies[id_].release()
    for protocol in PROTOCOLS:
        tried, processed = await sent.completed(protocol, "register")
        assert tried == ["send unknown", "lookup completed"], protocol
        assert processed == [("register", True), ("find", False)], protocol
        tried, processed = await sent.completed(protocol, "amend")
        assert tried[-1] == "send completed", protocol
        assert processed == [("amend", True), ("amend", False)], protocol
        await sent.for_a_person(protocol)


async def _submit(client: GatewayClient, service: str, text: str) -> str:
    return str((await client.submit(application(service, text), secrets.token_hex(8)))["id"])


async def _ready(address: str) -> bool:
    try:
        async with aiohttp.ClientSession() as session, session.get(f"{address}/readyz") as answer:
            return answer.status == 200
    except aiohttp.ClientError:
        return False


@asynccontextmanager
async def process(gateway: Gateway, folder: Path, *arguments: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run ``darcha run ARGUMENTS`` with the settings of ``gateway``. It has to be dead by SIGKILL at the end of the block."""
    settings = gateway.settings()
    environ = {**os.environ, **gateway.agencies.environ}
    for name in ("broker_prefix", "catalogue", "data", "database_url", "first_key", "port", "secret_key"):
        environ[f"DARCHA_{name.upper()}"] = str(getattr(settings, name))
    environ["DARCHA_BROKER_URL"] = settings.broker_url if gateway.servers.rabbitmq else "memory://"
    with (folder / "process.log").open("wb") as log:
        made = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "gateway.cli", "run", *arguments, stdout=log, stderr=log, env=environ
        )
    try:
        yield made
        assert await made.wait() == -signal.SIGKILL, (folder / "process.log").read_text()
    finally:
        if made.returncode is None:
            made.kill()
            await made.wait()
