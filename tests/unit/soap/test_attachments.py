"""Documents beside the envelope: MTOM/XOP and SOAP with Attachments, as pure functions and through the adapter."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from soapbar.core.mtom import MtomAttachment, build_mtom, parse_mtom
from zeep.wsse.signature import MemorySignature

from adapters.soap import SoapAdapter
from adapters.soap.conformance import NS, SMALL, agency
from adapters.soap.outgoing import made
from adapters.soap.policy import Policy
from gateway.sdk import (
    Agency,
    CallbackRefused,
    Completed,
    DocumentRef,
    Expression,
    Message,
    MessageInvalid,
    NotSent,
    Operation,
    Reply,
    Unknown,
)
from gateway.sdk.soap import SOAP11, SOAP12, envelope, marker, open_envelope, parse_xml
from gateway.sdk.soap.attachments import (
    INCLUDE,
    XOP,
    Document,
    inline_tree,
    inlined,
    open_message,
    optimise,
    optimised,
    packed,
    referred,
)
from gateway.sdk.soap.errors import NotMime, XmlRefused
from gateway.sdk.soap.mime import parameters, read_package, reference
from gateway.sdk.testing import lend
from tests.unit.soap.keyring import CERTIFICATE, KEY, secrets, signing
from tests.unit.soap.test_adapter import request

SCAN = b"%PDF\x00\r\n--\xff" * 50
DIGEST = hashlib.sha256(SCAN).hexdigest()
DOCUMENTS = {DIGEST: Document(SCAN, "application/pdf", "скан.pdf")}
BODY = envelope(SOAP11, f"<a><b>{marker(DIGEST)}</b><b>{marker(DIGEST)}</b><c>x</c></a>")
FILE = DocumentRef(DIGEST, "скан.pdf", "application/pdf")


def test_each_place_gets_a_part_of_its_own() -> None:
    content, parts = optimised(BODY, DOCUMENTS)
    root = parse_xml(content)
    hrefs = [node.get("href", "") for node in root.iter(INCLUDE)]
    assert [f"cid:{part.id}" for part in parts] == hrefs
    assert len(set(hrefs)) == 2
    assert [part.content for part in parts] == [SCAN, SCAN]
    assert parts[0].media_type == "application/pdf"


def test_a_tree_gives_the_same_as_bytes() -> None:
    root = parse_xml(BODY)
    places = inline_tree(root, DOCUMENTS)
    texts = [node.text for node in parse_xml(inlined(BODY, DOCUMENTS)).iter("b")]
    assert [node.text for node in root.iter("b")] == texts == [base64.b64encode(SCAN).decode()] * 2
    parts = optimise(places, DOCUMENTS)
    content, same = optimised(BODY, DOCUMENTS)
    assert parts == same
    assert [n.get("href") for n in root.iter(INCLUDE)] == [n.get("href") for n in parse_xml(content).iter(INCLUDE)]


@pytest.mark.parametrize(
    ("plain", "start_info", "action"),
    [
        ("text/xml; charset=utf-8", "text/xml", None),
        ('application/soap+xml; charset=utf-8; action="urn:a;b"', "application/soap+xml", "urn:a;b"),
    ],
)
def test_the_types_of_an_mtom_message(plain: str, start_info: str, action: str | None) -> None:
    content, parts = optimised(BODY, DOCUMENTS)
    kind, body = packed(content, parts, content_type=plain, seed="m", xop=True)
    outer, root = parameters(kind), read_package(kind, body).root
    assert (outer["type"], outer["start-info"], outer.get("action")) == ("application/xop+xml", start_info, action)
    assert root.media_type == "application/xop+xml"
    inner = parameters(root.content_type)
    assert (inner["type"], inner["charset"], inner.get("action")) == (start_info, "utf-8", action)
    assert (kind, body) == packed(content, parts, content_type=plain, seed="m", xop=True)


def test_soapbar_reads_our_mtom_and_we_read_its() -> None:
    kind, body = packed(*optimised(BODY, DOCUMENTS), content_type="text/xml; charset=utf-8", seed="m", xop=True)
    theirs = parse_mtom(body, kind)
    assert [n.text for n in parse_xml(theirs.soap_xml).iter("b")] == [base64.b64encode(SCAN).decode()] * 2
    include = f'<xop:Include xmlns:xop="{XOP}" href="cid:1@x"/>'
    for version in (SOAP11, SOAP12):
        raw, header = build_mtom(
            envelope(version, f"<a>{include}</a>"), [MtomAttachment("1@x", "image/png", SCAN)], version.media_type
        )
        got = open_message(header, raw)
        assert (got.root.findtext(".//a"), got.attachments) == (base64.b64encode(SCAN).decode(), ())


def test_references_are_sent_once_and_need_no_change() -> None:
    other = hashlib.sha256(b"other").hexdigest()
    body = envelope(SOAP11, f"<a>{reference(DIGEST)}</a><b>{reference(DIGEST)}</b><c>cid:darcha-{other}@darcha.example</c>")
    documents = {**DOCUMENTS, other: Document(b"other")}
    parts = referred(body, documents)
    assert [(part.content, f"cid:{part.id}", part.name) for part in parts] == [(SCAN, reference(DIGEST), "скан.pdf")]
    kind, raw = packed(body, parts, content_type="text/xml; charset=utf-8", seed="m", xop=False)
    assert parameters(kind)["type"] == "text/xml"
    assert "start-info" not in parameters(kind)
    got = open_message(kind, raw)
    assert got.root.findtext(".//a") == reference(DIGEST)
    assert [(p.content, p.id) for p in got.attachments] == [(SCAN, reference(DIGEST).removeprefix("cid:"))]


# -- received ----------------------------------------------------------------------------------------------------------


def package(
    xml: str, *parts: str, kind: str = "application/xop+xml; charset=UTF-8", encoding: str = "utf-8"
) -> tuple[str, bytes]:
    texts = [f"--b\r\nContent-Type: {kind}\r\n\r\n{xml}\r\n", *(f"--b\r\n{part}\r\n" for part in parts), "--b--"]
    return 'multipart/related; boundary="b"', "".join(texts).encode(encoding)


def include(href: str = "cid:1", more: str = "") -> str:
    return f'<xop:Include xmlns:xop="{XOP}" href="{href}"{more}/>'


ONE = "Content-ID: <1>\r\n\r\nscan"


def test_the_charset_of_the_root_part() -> None:
    got = open_message(*package("<a>Намунаев</a>", kind="text/xml; charset=windows-1251", encoding="windows-1251"))
    assert got.root.text == "Намунаев"


def test_blanks_around_an_include_are_none_of_the_content() -> None:
    got = open_message(*package(f"<a>\n  {include()}\n</a>", ONE))
    assert got.root.text == base64.b64encode(b"scan").decode()


HOSTILE = {
    "a part that is not there": (package(f"<a>{include('cid:2')}</a>", ONE), "no part of the message has the id '2'"),
    "the envelope itself": (
        package(f"<a>{include('cid:r')}</a>", kind="application/xop+xml\r\nContent-ID: <r>"),
        "names the message itself",
    ),
    "an address": (package(f"<a>{include('http://127.0.0.1:9/')}</a>", ONE), "is no reference"),
    "no address": (package("<a><x:Include xmlns:x='http://www.w3.org/2004/08/xop/include'/></a>", ONE), "is no reference"),
    "two in one element": (package(f"<a>{include()}{include()}</a>", ONE), "does not stand alone"),
    "text beside it": (package(f"<a>QUJD{include()}</a>", ONE), "does not stand alone"),
    "text after it": (package(f"<a>{include()}QUJD</a>", ONE), "does not stand alone"),
    "as the root": (package(include(), ONE), "does not stand alone"),
    "one part a thousand times": (
        package("<a>" + f"<b>{include()}</b>" * 1000 + "</a>", "Content-ID: <1>\r\n\r\n" + "x" * 100_000),
        "make more than",
    ),
}


@pytest.mark.parametrize(("message", "says"), HOSTILE.values(), ids=HOSTILE)
def test_includes_that_do_harm(message: tuple[str, bytes], says: str) -> None:
    with pytest.raises(NotMime, match=says):
        open_message(*message)


def test_the_largest_document_that_a_reply_can_hold_is_read() -> None:
    scan = "x" * (30 * 1024 * 1024)
    got = open_message(*package(f"<a>{include()}</a>", f"Content-ID: <1>\r\n\r\n{scan}"))
    assert len(got.root.text or "") == len(scan) // 3 * 4


def test_hostile_xml_within_a_part_is_refused_as_elsewhere() -> None:
    with pytest.raises(XmlRefused) as caught:
        open_message(*package("<!DOCTYPE a><a/>"))
    assert caught.value.code == "dtd"
    with pytest.raises(XmlRefused) as caught:
        open_message(*package(f"<a>{'x' * 100}</a>"), limit=100)
    assert caught.value.code == "too_large"


def test_an_include_within_an_attachment_stays_what_it_is() -> None:
    got = open_message(*package("<a/>", f"Content-ID: <1>\r\n\r\n<a>{include('cid:1')}</a>"))
    assert [p.content for p in got.attachments] == [f"<a>{include('cid:1')}</a>".encode()]


# -- through the adapter -----------------------------------------------------------------------------------------------


def attaching(mode: str | None = "mtom", soap: str = "soap", **more: Any) -> Agency:
    return replace(agency(soap), options={**agency(soap).options, **({"attachments": mode} if mode else {})}, **more)


def sent(described: Agency, message: Message, documents: dict[str, bytes] | None = None) -> tuple[str, bytes]:
    async def once() -> tuple[str, bytes]:
        found = {DIGEST: SCAN} if documents is None else documents
        async with lend("http://archive.example/ws", secrets=secrets(), documents=found) as link:
            return await made(message, Policy.of(described.auth, described.options), link)

    return asyncio.run(once())


def ordered(described: Agency) -> Message:
    return SoapAdapter(described).render(request({**SMALL, "Scan": {"digest": DIGEST}}, documents=(FILE,)))


@pytest.mark.parametrize("soap", ["soap", "soap12"])
def test_the_same_order_in_each_mode_is_the_same_to_a_reader(soap: str) -> None:
    read = []
    for mode in (None, "inline", "mtom", "swa"):
        described = attaching(mode, soap)
        adapter = SoapAdapter(described)
        assert [f for f in adapter.check() if "attachments" in f.key] == []
        message = ordered(described)
        assert message == ordered(described)
        kind, body = sent(described, message)
        assert (kind, body) == sent(described, message)
        assert kind.startswith("multipart/related") is (mode == "mtom")
        assert (base64.b64encode(SCAN) in body) is (mode != "mtom")
        opened = open_envelope(open_message(kind, body).root)
        assert opened.body is not None
        read.append(adapter.contract.read(opened.body))
    assert read == [{**SMALL, "Scan": base64.b64encode(SCAN).decode()}] * 4


def test_mtom_without_a_document_is_mtom_all_the_same() -> None:
    described = attaching()
    kind, body = sent(described, SoapAdapter(described).render(request()))
    assert parameters(kind)["type"] == "application/xop+xml"
    assert read_package(kind, body).parts == ()


def test_a_signature_is_over_the_base64_that_the_parts_stand_for() -> None:
    described = signing()
    described = replace(described, options={**described.options, "attachments": "mtom", "encoding": "windows-1251"})
    kind, body = sent(described, ordered(described))
    package = read_package(kind, body)
    assert [p.content for p in package.parts] == [SCAN]
    assert parameters(package.root.content_type)["charset"] == "windows-1251"
    root = open_message(kind, body).root
    MemorySignature(KEY, CERTIFICATE).verify(root)
    assert root.findtext(f".//{{{NS}}}Scan") == base64.b64encode(SCAN).decode()


def test_what_the_wsdl_names_as_a_part_is_sent_as_one() -> None:
    described = attaching("swa")
    plain = SoapAdapter(described).render(request())
    named = {"part": "Photo of", "digest": DIGEST, "media_type": "image/png"}
    kind, body = sent(described, replace(plain, options={**plain.options, "attachments": [named]}))
    package = read_package(kind, body)
    assert package.root.content == plain.body
    assert package.root.content_type == plain.content_type
    assert [(p.content, p.media_type, p.id) for p in package.parts] == [(SCAN, "image/png", f"Photo%20of=darcha-{DIGEST}@darcha")]


def test_a_document_that_cannot_be_had_is_not_sent() -> None:
    with pytest.raises(NotSent):
        sent(attaching(), ordered(attaching()), {})


def test_a_mode_that_is_none_is_a_flaw_and_no_message() -> None:
    own = Operation("OrderCopy", idempotent=True, options={"attachments": "dime"})
    adapter = SoapAdapter(attaching(operations={"OrderCopy": own}, callbacks={}))
    assert "operations.OrderCopy.options.attachments" in [flaw.key for flaw in adapter.check()]
    with pytest.raises(MessageInvalid, match="not 'dime'"):
        adapter.render(request())


KEEP = """{"outcome": "completed", "data": {"ids": attachments.id, "copy": body.Copy},
"documents": [attachments.{"name": name, "media_type": media_type, "content": content}]}"""


def reading(expression: str = KEEP) -> SoapAdapter:
    operation = Operation(
        "OrderCopy", idempotent=True, response=Expression(expression, "r"), callback={"CopyReady": Expression(expression, "c")}
    )
    return SoapAdapter(agency(operations={"OrderCopy": operation}))


def answered(copy: str = "", element: str = "OrderCopyResponse") -> str:
    inner = f"<Ready>true</Ready>{copy}" if element == "OrderCopyResponse" else "<Order>O</Order><Page>1</Page>"
    return envelope(SOAP11, f'<{element} xmlns="{NS}">{inner}</{element}>').decode()


SWA = 'Content-ID: <s@x>\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename="../a.pdf"\r\n\r\npages'


def test_a_reply_in_parts() -> None:
    kind, body = package(answered(f"<Copy>{include()}</Copy>"), ONE, SWA)
    parsed = reading().parse(Reply("OrderCopy", 200, {"content-type": kind}, body))
    digest = hashlib.sha256(b"pages").hexdigest()
    assert isinstance(parsed.outcome, Completed)
    assert parsed.outcome.data == {"ids": "s@x", "copy": base64.b64encode(b"scan").decode()}
    assert parsed.outcome.documents == (DocumentRef(digest, "a.pdf", "application/pdf", size=5),)
    assert parsed.blobs == {digest: b"pages"}


def test_a_fault_in_parts() -> None:
    inner = "<s:Fault><faultcode>s:Server</faultcode><faultstring>нет</faultstring></s:Fault>".replace("s:", "soap:")
    kind, body = package(envelope(SOAP11, inner).decode())
    outcome = reading().parse(Reply("OrderCopy", 500, {"content-type": kind}, body)).outcome
    assert outcome == Unknown("the agency failed: Server: нет")


@pytest.mark.parametrize(
    "change", [lambda b: b[:-4], lambda b: b.replace(b"<1>", b"<2>"), lambda _: b"--b--", lambda _: b"<html/>"]
)
def test_a_reply_whose_parts_are_broken_says_nothing(change: Any) -> None:
    kind, body = package(answered(f"<Copy>{include()}</Copy>"), ONE)
    outcome = reading().parse(Reply("OrderCopy", 200, {"content-type": kind}, change(body))).outcome
    assert isinstance(outcome, Unknown)
    assert "cannot be read" in outcome.reason


KINDS = (
    "multipart/related; boundary=b",
    "multipart/mixed; boundary=b; start=x",
    "text/xml; charset=кои",
    "",
    "multipart/related",
)


@given(st.sampled_from(KINDS), st.binary(max_size=300), st.booleans())
def test_whatever_comes_is_an_outcome(kind: str, noise: bytes, parts: bool) -> None:
    body = package(answered(f"<Copy>{include()}</Copy>"), ONE)[1] + noise if parts else b"--b\r\n" + noise + b"\r\n--b--"
    adapter = reading()
    adapter.parse(Reply("OrderCopy", 200, {"content-type": kind}, body))
    with suppress(CallbackRefused):
        adapter.read_callback("CopyReady", {"content-type": kind}, body)


def test_a_callback_in_parts() -> None:
    adapter = reading(
        KEEP.replace('"data"', '"match": {"reference": body.Order}, "data"').replace('"copy": body.Copy', '"copy": 1')
    )
    kind, body = package(answered(element="CopyReady"), SWA)
    assert adapter.callback_name(kind, body) == "CopyReady"
    callback = adapter.read_callback("CopyReady", {"Content-Type": kind}, body)
    assert (callback.reference, list(callback.parsed.blobs.values())) == ("O", [b"pages"])
    for name in ("callback_name", "read_callback"):
        with pytest.raises(CallbackRefused) as caught:
            if name == "callback_name":
                adapter.callback_name(kind, body[:-2])
            else:
                adapter.read_callback("CopyReady", {"content-type": kind}, body[:-2])
        assert caught.value.code == "not_mime"
