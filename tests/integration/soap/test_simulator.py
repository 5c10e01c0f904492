"""The adapter against the agency's simulator: real HTTP, real XML, faults on demand, callbacks as SOAP requests."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from adapters.soap import SoapAdapter, SoapSimulator
from adapters.soap.conformance import FULL, NS, SECRETS, SMALL, agency
from gateway.sdk import (
    Accepted,
    Agency,
    Callback,
    CallbackRefused,
    Completed,
    DocumentRef,
    Link,
    Misconfigured,
    NotThere,
    OutgoingRequest,
    Parsed,
    Refused,
    RetryLater,
    Unknown,
)
from gateway.sdk.simulator import Said, SimulatorError, SimulatorOptions
from gateway.sdk.soap import SOAP11, SOAP12, envelope, open_envelope, parse_xml
from gateway.sdk.testing import FixedSecrets, lend

RULES = """
operations:
  OrderCopy:
    - {when: MessageId = "busy", times: 1, fault: {code: Server.Busy, string: keyinroq}}
    - when: MessageId = "elsewhere"
      fault: {code: Client, string: bizda emas, detail: {NotHeld: {Where: "Фарғона"}}}
    - when: MessageId = "later"
      reply: {Order: =_.reference, Ready: false}
      callbacks:
        - {name: CopyReady, body: {Order: =_.reference, "@event": "e-1", Page: [1, 2, 3]}}
    - {when: MessageId = "wrong", reply: {Ready: perhaps}}
    - when: MessageId = "echo"
      reply: {Order: =Holder.Family, Ready: true, Copy: =Scan, Remark: =Witness.Given}
    - reply: {Order: "O-1", Ready: true}
  FindOrder:
    - {when: _.earlier.operation = "OrderCopy", reply: {Order: =_.earlier.reply.Order}}
    - reply: {}
"""


def archive(soap: str = "soap", **changes: Any) -> Agency:
    made = agency(soap)
    return replace(made, files={**made.files, "simulator.yaml": RULES.encode()}, **changes)


def request(message_id: str, operation: str = "OrderCopy", callback: str = "", **changes: Any) -> OutgoingRequest:
    value = {"MessageId": message_id} if operation == "FindOrder" else {**SMALL, "MessageId": message_id, **changes}
    return OutgoingRequest(message_id, "N-1", operation, value, datetime(2026, 1, 15, tzinfo=UTC), callback_url=callback)


@asynccontextmanager
async def simulated(soap: str = "soap", faults: str = "", **more: Any) -> AsyncIterator[tuple[SoapAdapter, SoapSimulator, Link]]:
    described = archive(soap)
    options = SimulatorOptions(faults=faults, secrets=FixedSecrets(SECRETS))
    async with SoapSimulator(described, options) as simulator, lend(f"{simulator.url}/ws", secrets=SECRETS, **more) as link:
        assert isinstance(simulator, SoapSimulator)
        yield SoapAdapter(described), simulator, link


@pytest.mark.parametrize("soap", ["soap", "soap12"])
async def test_every_outcome_of_the_contract(soap: str) -> None:
    async with simulated(soap) as (adapter, simulator, link):

        async def sent(message_id: str) -> Any:
            return (await adapter.send(adapter.render(request(message_id)), link)).outcome

        assert await sent("plain") == Completed({"order": "O-1"})
        assert await sent("busy") == RetryLater("busy")
        assert await sent("busy") == Completed({"order": "O-1"})
        assert await sent("elsewhere") == Refused("NotHeld", "Фарғона")
        assert [(e.message_id, e.effect) for e in simulator.ledger.entries()] == [
            ("plain", True),
            ("busy", False),
            ("busy", True),
            ("elsewhere", False),
        ]


async def test_everything_arrives_as_it_was_given_documents_among_it() -> None:
    scan = b"\x00scan\xff" * 1000
    digest = hashlib.sha256(scan).hexdigest()
    given = {**FULL, "MessageId": "echo", "Scan": {"digest": digest, "name": "scan.pdf"}}
    reference = DocumentRef(digest, "scan.pdf", "application/pdf")
    async with simulated(documents={digest: scan}) as (adapter, _, link):
        made = adapter.render(replace(request("echo"), input=given, documents=(reference,)))
        assert base64.b64encode(scan)[:40] not in made.body
        parsed = await adapter.send(made, link)
        assert parsed.outcome == Completed(
            {"order": FULL["Holder"]["Family"], "remarks": ["Лола", "Бек"]},  # type: ignore[index]
            (DocumentRef(digest, "copy.pdf", "application/pdf", size=len(scan)),),
        )
        assert parsed.blobs == {digest: scan}


async def test_a_document_that_cannot_be_had_means_that_nothing_was_sent() -> None:
    digest = "ab" * 32
    async with simulated() as (adapter, simulator, link):
        made = adapter.render(
            replace(request("echo", Scan={"digest": digest}), documents=(DocumentRef(digest, "a.pdf", "application/pdf"),))
        )
        assert isinstance((await adapter.send(made, link)).outcome, RetryLater)
        assert list(simulator.ledger.entries()) == []


@pytest.mark.parametrize(
    ("faults", "kind", "effects"),
    [
        ("reset-after=1", Unknown, 1),
        ("error-after=1", Unknown, 1),
        ("malformed=1", Unknown, 1),
        ("reset-before=1", Unknown, 0),
        ("error=1", Unknown, 0),
    ],
)
async def test_faults_on_demand(faults: str, kind: type, effects: int) -> None:
    async with simulated(faults=faults) as (adapter, simulator, link):
        assert isinstance((await adapter.send(adapter.render(request("plain")), link)).outcome, kind)
        assert sum(e.effect for e in simulator.ledger.entries()) == effects


async def test_a_lookup_tells_what_became_of_a_message() -> None:
    async with simulated(faults="reset-after=1") as (adapter, simulator, link):
        assert isinstance((await adapter.send(adapter.render(request("plain")), link)).outcome, Unknown)
        async with link.session.post(f"{simulator.url}/_control/faults", data="") as answer:
            assert answer.status == 200
        for message_id, expected in (("plain", Accepted("O-1")), ("never", NotThere())):
            looked = adapter.render(request(message_id, "FindOrder"))
            assert (await adapter.lookup("OrderCopy", looked, link)).outcome == expected
        assert [e.effect for e in simulator.ledger.entries()] == [True, False, False]


async def test_nobody_there_is_retry_later_and_nobody_configured_is_misconfigured() -> None:
    async with simulated() as (adapter, simulator, link):
        message = adapter.render(request("plain"))
        await simulator.stop()
        assert isinstance((await adapter.send(message, link)).outcome, RetryLater)
        assert isinstance((await adapter.send(message, replace(link, endpoint=""))).outcome, Misconfigured)
        bare = replace(link, secrets=FixedSecrets({}))
        assert isinstance((await adapter.send(message, bare)).outcome, Misconfigured)
        broken = SoapAdapter(archive(contract="lost.wsdl"))
        assert isinstance((await broken.send(message, link)).outcome, Misconfigured)


async def test_a_slow_agency_is_unknown() -> None:
    async with simulated(faults="slow=30s", timeout_secs=0.2) as (adapter, _, link):
        assert isinstance((await adapter.send(adapter.render(request("plain")), link)).outcome, Unknown)


async def test_security_headers_are_made_for_each_attempt_and_not_stored() -> None:
    seen: list[bytes] = []

    async def take(incoming: web.Request) -> web.Response:
        seen.append(await incoming.read())
        return web.Response(status=503)

    app = web.Application()
    app.router.add_post("/ws", take)
    described = archive(auth={"kind": "ws-username", "user": "darcha", "secret": "secret://archive/password"})
    adapter = SoapAdapter(described)
    message = adapter.render(request("plain"))
    async with served(app) as url, lend(f"{url}/ws", secrets=SECRETS) as link:
        for _ in range(2):
            await adapter.send(message, link)
    assert b"UsernameToken" not in message.body
    assert seen[0] != seen[1]
    tokens = [[str(h.tag).rpartition("}")[2] for h in open_envelope(parse_xml(body)).headers] for body in seen]
    assert tokens == [["Security", "Client"]] * 2
    assert SECRETS["secret://archive/password"].encode() not in seen[0]


# -- the simulator as a server that others meet ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        b"<a",
        b"<a/>",
        b'<!DOCTYPE a [<!ENTITY b "c">]><a/>',
        envelope(SOAP11, ""),
        envelope(SOAP11, "<nobody/>"),
        envelope(SOAP11, f'<FindOrder xmlns="{NS}"/>'),
        envelope(SOAP12, f'<FindOrder xmlns="{NS}"><MessageId>m</MessageId></FindOrder>'),
    ],
)
async def test_what_is_not_of_the_contract_gets_a_fault_and_no_place_in_the_ledger(body: bytes) -> None:
    async with simulated() as (_, simulator, link), link.session.post(simulator.url, data=body) as answer:
        fault = open_envelope(parse_xml(await answer.read())).fault
        assert answer.status == 500
        assert fault is not None
        assert fault.codes == ("Client.Schema", "Schema", "Client")
        assert list(simulator.ledger.entries()) == []


async def test_the_contract_is_served() -> None:
    async with simulated() as (adapter, simulator, link):
        async with link.session.get(f"{simulator.url}/ws?wsdl") as answer:
            assert await answer.read() == adapter.agency.files["archive.wsdl"]
        async with link.session.get(f"{simulator.url}/xsd/types.xsd") as answer:
            assert await answer.read() == adapter.agency.files["xsd/types.xsd"]
        assert (await adapter.probe(link)).ok
        assert list(simulator.ledger.entries()) == []


async def test_a_probe_may_be_a_harmless_call() -> None:
    described = archive(options={"probe": {"operation": "FindOrder", "input": {"MessageId": "probe"}}})
    async with SoapSimulator(described) as simulator, lend(simulator.url, secrets=SECRETS) as link:
        adapter = SoapAdapter(described)
        assert (await adapter.probe(link)).ok
        assert [e.effect for e in simulator.ledger.entries()] == [False]
        assert (await adapter.probe(replace(link, secrets=FixedSecrets({})))).misconfigured


async def test_a_rule_whose_reply_is_not_of_the_contract_is_told_to_its_author() -> None:
    async with simulated() as (adapter, simulator, link):
        call = adapter.render(request("wrong"))
        with pytest.raises(SimulatorError, match="Ready"):
            simulator.write(simulator.read(make_mocked_request("POST", "/"), call.body), Said({"Ready": "perhaps"}))
        assert isinstance((await adapter.send(call, link)).outcome, Unknown)
        assert list(simulator.ledger.entries()) == []


async def test_without_rules_the_contract_gives_the_example() -> None:
    described = agency()
    async with SoapSimulator(described) as simulator, lend(simulator.url, secrets=SECRETS) as link:
        adapter = SoapAdapter(described)
        assert (await adapter.send(adapter.render(request("plain")), link)).outcome == Completed({})
        note = replace(request("note", "FindOrder"), operation="Note")
        assert (await adapter.send(adapter.render(note), link)).outcome == Completed({})


# -- callbacks -----------------------------------------------------------------------------------------------------


@asynccontextmanager
async def served(app: web.Application) -> AsyncIterator[str]:
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


class Door:
    """What the api does with a SOAP callback, without the rest."""

    def __init__(self, adapter: SoapAdapter) -> None:
        self.adapter = adapter
        self.taken: asyncio.Queue[tuple[Callback, str]] = asyncio.Queue()
        self.app = web.Application()
        self.app.router.add_post("/agencies/archive/soap", self.take)

    async def take(self, incoming: web.Request) -> web.Response:
        body = await incoming.read()
        try:
            name = self.adapter.callback_name(incoming.content_type, body)
            callback = self.adapter.read_callback(name, incoming.headers, body)
            answer = self.adapter.answer_callback(callback)
            self.taken.put_nowait((callback, incoming.headers.get("Authorization", "")))
        except CallbackRefused as error:
            answer = self.adapter.refuse_callback(error, 400)
        return web.Response(status=answer.status, body=answer.body, headers={"Content-Type": answer.content_type})


@pytest.mark.parametrize("soap", ["soap", "soap12"])
async def test_a_later_reply_comes_as_a_soap_callback(soap: str) -> None:
    async with simulated(soap) as (adapter, _, link):
        door = Door(adapter)
        async with served(door.app) as url:
            outcome = (await adapter.send(adapter.render(request("later", callback=f"{url}/agencies/archive")), link)).outcome
            assert isinstance(outcome, Accepted)
            callback, credentials = await asyncio.wait_for(door.taken.get(), 5)
        assert callback == Callback("CopyReady", Parsed(Completed({"pages": 6})), reference=outcome.reference, key="e-1")
        expected = f"archive:{SECRETS['secret://archive/callback']}".encode()
        assert credentials == f"Basic {base64.b64encode(expected).decode()}"
