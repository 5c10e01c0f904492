"""Documents beside the envelope over real HTTP: with our simulator, with soapbar, and with servers that send rubbish."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from aiohttp import web
from soapbar import soap_operation

from adapters.soap import SoapAdapter, SoapSimulator
from adapters.soap.conformance import FULL, NS, SECRETS
from gateway.sdk import Completed, DocumentRef, Expression, Invalid, Link, Operation, Unknown
from gateway.sdk.simulator import SimulatorOptions
from gateway.sdk.soap import SOAP11, SOAP12, envelope, fault, marker
from gateway.sdk.soap.attachments import XOP
from gateway.sdk.soap.mime import Part, make_package, reference
from gateway.sdk.testing import FixedSecrets, lend
from tests.integration.soap.test_others import Land, plot, running
from tests.integration.soap.test_simulator import archive, request

SCAN = b"\x00scan\xff\r\n--" * 3000
DIGEST = hashlib.sha256(SCAN).hexdigest()
FILE = DocumentRef(DIGEST, "скан.pdf", "application/pdf")


@asynccontextmanager
async def simulated(soap: str = "soap", **options: Any) -> AsyncIterator[tuple[SoapAdapter, SoapSimulator, Link]]:
    described = archive(soap)
    described = replace(described, options={**described.options, **options})
    simulator = SoapSimulator(described, SimulatorOptions(secrets=FixedSecrets(SECRETS)))
    async with simulator, lend(f"{simulator.url}/ws", secrets=SECRETS, documents={DIGEST: SCAN}) as link:
        yield SoapAdapter(described), simulator, link


@pytest.mark.parametrize("soap", ["soap", "soap12"])
@pytest.mark.parametrize("mode", ["inline", "mtom", "swa"])
async def test_a_document_goes_there_and_back(mode: str, soap: str) -> None:
    seen: list[tuple[str, bytes]] = []
    async with simulated(soap, attachments=mode) as (adapter, simulator, link):
        read = simulator.read

        def remembered(asked: web.BaseRequest, raw: bytes) -> Any:
            seen.append((asked.headers["Content-Type"], raw))
            return read(asked, raw)

        simulator.read = remembered  # type: ignore[method-assign]  - to look at what came over the wire
        value = {**FULL, "MessageId": "echo", "Scan": {"digest": DIGEST}}
        message = adapter.render(replace(request("echo"), input=value, documents=(FILE,)))
        parsed = await adapter.send(message, link)
        assert isinstance(parsed.outcome, Completed)
        assert parsed.outcome.documents == (DocumentRef(DIGEST, "copy.pdf", "application/pdf", size=len(SCAN)),)
        assert parsed.blobs == {DIGEST: SCAN}
        await adapter.send(message, link)
    assert seen[0] == seen[1]  # an attempt that is repeated is the same to the byte
    kind, raw = seen[0]
    assert ("application/xop+xml" in kind) is (SCAN in raw) is (mode == "mtom")
    assert ("urn:OrderCopy" in kind) is (soap == "soap12")


async def test_an_answer_to_mtom_is_mtom() -> None:
    async with simulated(attachments="mtom") as (adapter, simulator, link):
        value = {**FULL, "MessageId": "echo", "Scan": {"digest": DIGEST}}
        message = adapter.render(replace(request("echo"), input=value, documents=(FILE,)))
        answers: list[web.Response] = []
        write = simulator.write

        def remembered(*given: Any) -> web.Response:
            answers.append(write(*given))
            return answers[-1]

        simulator.write = remembered  # type: ignore[method-assign]  - as above
        assert isinstance((await adapter.send(message, link)).outcome, Completed)
    assert answers[0].headers["Content-Type"].startswith("multipart/related")
    assert isinstance(answers[0].body, bytes)
    assert SCAN in answers[0].body


async def test_a_simulated_agency_refuses_broken_parts() -> None:
    async with simulated(attachments="mtom") as (adapter, simulator, link):
        value = {**FULL, "Scan": {"digest": DIGEST}}
        message = adapter.render(replace(request("m"), input=value, documents=(FILE,)))
        # An include that names a part of another message: the marker is gone, so nothing is put in its place.
        include = f'<x:Include xmlns:x="{XOP}" href="cid:nobody@x"/>'
        forged = message.body.replace(marker(DIGEST).encode(), include.encode())
        outcome = (await adapter.send(replace(message, body=forged, documents=()), link)).outcome
        assert isinstance(outcome, Invalid | Unknown)
        assert "nobody@x" in outcome.reason
        assert list(simulator.ledger.entries()) == []


PARTS = """
operations:
  OrderCopy:
    - reply:
        Order: =Holder.Family
        Ready: true
        Copy: "=_.parameters.attachments[0].content"
        Remark: "=_.parameters.attachments.id[]"
"""


@pytest.mark.parametrize("named", [False, True], ids=["by reference", "by the WSDL"])
async def test_a_document_goes_beside_the_envelope(named: bool) -> None:
    described = archive()
    described = replace(described, files={**described.files, "simulator.yaml": PARTS.encode()})
    href = reference(DIGEST)
    async with (
        SoapSimulator(described) as simulator,
        lend(f"{simulator.url}/ws", secrets=SECRETS, documents={DIGEST: SCAN}) as link,
    ):
        adapter = SoapAdapter(described)
        holder = {"Family": "x" if named else href, "Given": "y"}
        message = adapter.render(request("m", Holder=holder))
        part = {"part": "Photo", "digest": DIGEST, "media_type": "image/png"}
        message = replace(message, options={"attachments": [part]}) if named else replace(message, documents=(FILE,))
        parsed = await adapter.send(message, link)
    assert isinstance(parsed.outcome, Completed)
    ids = [f"Photo={href[4:]}" if named else href[4:]]
    assert parsed.outcome.data == {"order": holder["Family"], "remarks": ids}
    assert parsed.blobs == {DIGEST: SCAN}


@pytest.mark.parametrize(("encoding", "mode"), [("windows-1251", "inline"), ("iso-8859-1", "mtom"), ("koi8-r", "inline")])
async def test_encodings_arrive_as_they_were_meant(encoding: str, mode: str) -> None:
    async with simulated(encoding=encoding, attachments=mode) as (adapter, _, link):
        value = {**FULL, "MessageId": "echo", "Scan": {"digest": DIGEST}}
        message = adapter.render(replace(request("echo"), input=value, documents=(FILE,)))
        parsed = await adapter.send(message, link)
        assert isinstance(parsed.outcome, Completed)
        assert parsed.outcome.data == {"order": FULL["Holder"]["Family"], "remarks": ["Лола", "Бек"]}  # type: ignore[index]
        assert parsed.blobs == {DIGEST: SCAN}


# -- soapbar -----------------------------------------------------------------------------------------------------------


class Files(Land):
    """A register that takes files."""

    @soap_operation(name="Keep")
    def keep(self, number: str, scan: bytes) -> str:
        return f"{number}:{hashlib.sha256(scan).hexdigest()}"


@pytest.mark.parametrize("mode", ["inline", "mtom"])
async def test_soapbar_takes_a_document(mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Files.keep.__soap_operation__, "output_namespace", "http://land.example/")
    response = Expression('{"outcome": "completed", "data": {"kept": body.return}}', "r.jsonata")
    operation = Operation("Keep", idempotent=True, response=response, options={"attachments": mode})
    async with running(Files(), "qualified") as (url, described), lend(url, documents={DIGEST: SCAN}) as link:
        adapter = SoapAdapter(replace(described, operations={"Keep": operation}))
        value = {"number": "14:01", "scan": {"digest": DIGEST}}
        asked = replace(plot(), operation="Keep", input=value, documents=(FILE,))
        parsed = await adapter.send(adapter.render(asked), link)
        assert parsed.outcome == Completed({"kept": f"14:01:{DIGEST}"})


# -- servers of any kind -----------------------------------------------------------------------------------------------

READ = """{"outcome": "completed", "data": {"copy": body.Copy, "ids": attachments.id[]},
"documents": attachments.{"name": name, "media_type": media_type, "content": content}[]}"""


@asynccontextmanager
async def serving(handler: Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]) -> AsyncIterator[str]:
    runner = web.ServerRunner(web.Server(handler))
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/ws"
    finally:
        await runner.cleanup()


async def answer_of(kind: str, body: bytes, status: int = 200) -> Any:
    async def handler(_: web.BaseRequest) -> web.Response:
        return web.Response(status=status, body=body, headers={"Content-Type": kind})

    operation = Operation("OrderCopy", idempotent=True, response=Expression(READ, "r"))
    adapter = SoapAdapter(replace(archive(), operations={"OrderCopy": operation}, callbacks={}, options={}))
    async with serving(handler) as url, lend(url, secrets=SECRETS) as link:
        return await adapter.send(adapter.render(request("m")), link)


COPY = f'<OrderCopyResponse xmlns="{NS}"><Ready>true</Ready>%s</OrderCopyResponse>'
PAGES = Part(b"pages", "application/pdf", "1@x", "a.pdf")


async def test_a_reply_with_attachments() -> None:
    root = Part(envelope(SOAP11, COPY % ""), "text/xml; charset=utf-8")
    kind, body = make_package(root, [PAGES], seed="s", root_type="text/xml")
    parsed = await answer_of(kind, body)
    digest = hashlib.sha256(b"pages").hexdigest()
    assert parsed.outcome == Completed({"ids": ["1@x"]}, (DocumentRef(digest, "a.pdf", "application/pdf", size=5),))
    assert parsed.blobs == {digest: b"pages"}


async def test_a_reply_in_windows_1251() -> None:
    text = envelope(SOAP11, COPY % "<Remark>Тайёр</Remark>").decode().partition("?>")[2]
    parsed = await answer_of("text/xml; charset=windows-1251", text.replace("ё", "е").encode("windows-1251"))
    assert isinstance(parsed.outcome, Completed)
    assert isinstance((await answer_of("text/xml", text.encode("windows-1251"))).outcome, Unknown)


@pytest.mark.parametrize("cut", [10, 60, 200])
async def test_a_reply_that_is_cut_short_is_unknown(cut: int) -> None:
    root = Part(envelope(SOAP12, COPY % ""), "application/soap+xml")
    kind, body = make_package(root, [PAGES], seed="s", root_type="application/soap+xml")
    outcome = (await answer_of(kind, body[:-cut])).outcome
    assert isinstance(outcome, Unknown)
    assert "cannot be read" in outcome.reason


async def test_one_part_that_is_included_without_end_is_unknown() -> None:
    include = f'<x:Include xmlns:x="{XOP}" href="cid:1@x"/>'
    root = Part(envelope(SOAP11, COPY % (f"<Remark>{include}</Remark>" * 4000)), "application/xop+xml")
    big = Part(b"x" * 100_000, "text/plain", "1@x")
    outcome = (await answer_of(*make_package(root, [big], seed="s", root_type="application/xop+xml"))).outcome
    assert isinstance(outcome, Unknown)
    assert "make more than" in outcome.reason


async def test_a_fault_in_parts_is_a_fault() -> None:
    root = Part(fault(SOAP11, "Server", "кейинроқ"), "application/xop+xml; charset=utf-8")
    outcome = (await answer_of(*make_package(root, [], seed="s", root_type="application/xop+xml"), status=500)).outcome
    assert outcome == Unknown("the agency failed: Server: кейинроқ")
