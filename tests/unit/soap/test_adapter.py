"""The pure parts of the adapter: messages, callbacks, and what ``check`` finds."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from adapters.soap import SoapAdapter, manifest
from adapters.soap.conformance import NS, SMALL, WSDL, agency, files
from gateway.sdk import (
    Agency,
    Callback,
    CallbackRefused,
    Completed,
    DocumentRef,
    Expression,
    Invalid,
    MessageInvalid,
    Operation,
    OutgoingRequest,
    Parsed,
    Reply,
)
from gateway.sdk.soap import SOAP11, envelope, marker, open_envelope, parse_xml

AT = datetime(2026, 1, 15, 9, 30, tzinfo=UTC)


def request(value: Any = None, **changes: Any) -> OutgoingRequest:
    made = OutgoingRequest(
        "m-2", "N-1", "OrderCopy", SMALL if value is None else value, AT, callback_url="http://gw/agencies/archive"
    )
    return replace(made, **changes)


@pytest.mark.parametrize(
    ("soap", "content_type", "action"),
    [
        ("soap", "text/xml; charset=utf-8", '"urn:OrderCopy"'),
        ("soap12", 'application/soap+xml; charset=utf-8; action="urn:OrderCopy"', None),
    ],
)
def test_a_message_of_either_version(soap: str, content_type: str, action: str | None) -> None:
    message = manifest.make(agency(soap)).render(request())
    assert message.content_type == content_type
    assert message.headers.get("SOAPAction") == action
    assert message.headers["X-Message-Id"] == "m-2"
    assert message.headers["X-Darcha-Callback"] == "http://gw/agencies/archive/soap"
    opened = open_envelope(parse_xml(message.body))
    assert [(h.tag, h.text) for h in opened.headers] == [(f"{{{NS}}}Client", "N-1")]
    assert opened.body is not None
    assert SoapAdapter(agency(soap)).contract.read(opened.body) == SMALL


def test_the_same_request_gives_the_same_bytes() -> None:
    assert len({SoapAdapter(agency()).render(request()).body for _ in range(3)}) == 1


def test_what_the_schema_forbids_is_never_a_message() -> None:
    with pytest.raises(MessageInvalid) as caught:
        SoapAdapter(agency()).render(request({**SMALL, "Kind": "letter"}))
    assert (caught.value.path, "enumeration" in caught.value.reason) == ("/Kind", True)
    with pytest.raises(MessageInvalid, match="no operation 'Other'"):
        SoapAdapter(agency()).render(request(operation="Other"))


def test_documents_travel_as_hashes() -> None:
    digest = hashlib.sha256(b"scan").hexdigest()
    known = DocumentRef(digest, "scan.pdf", "application/pdf")
    other = DocumentRef("0" * 64, "other.pdf", "application/pdf")
    message = SoapAdapter(agency()).render(request({**SMALL, "Scan": {"digest": digest}}, documents=(other, known)))
    assert message.documents == (known,)
    assert marker(digest).encode() in message.body
    with pytest.raises(MessageInvalid, match="none of this application"):
        SoapAdapter(agency()).render(request({**SMALL, "Scan": {"digest": digest}}, documents=(other,)))


def test_an_operation_under_another_name() -> None:
    operations = {"order": Operation("order", idempotent=True, options={"operation": "OrderCopy"})}
    adapter = SoapAdapter(agency(operations=operations, callbacks={}, options={}))
    message = adapter.render(request(operation="order"))
    assert message.operation == "order"
    assert "X-Darcha-Callback" not in message.headers
    assert adapter.check() == []


# -- callbacks ---------------------------------------------------------------------------------------------------------


def ready(inner: str = "<Order>O-1</Order><Page>1</Page><Page>2</Page>", event: str = ' event="e-1"') -> bytes:
    return envelope(SOAP11, f'<CopyReady xmlns="{NS}"{event}>{inner}</CopyReady>')


def test_a_callback_is_known_by_its_element_and_read() -> None:
    adapter = SoapAdapter(agency())
    assert adapter.callback_name("text/xml", ready()) == "CopyReady"
    callback = adapter.read_callback("CopyReady", {}, ready())
    assert callback == Callback("CopyReady", Parsed(Completed({"pages": 3})), reference="O-1", key="e-1")
    assert adapter.parse(Reply("OrderCopy", 200, {}, ready(), callback="CopyReady")) == callback.parsed


def test_the_message_id_of_the_header_serves_where_the_body_names_no_reference() -> None:
    operation = Operation("OrderCopy", idempotent=True, callback={"CopyReady": Expression('{"outcome": "completed"}', "c")})
    adapter = SoapAdapter(agency(operations={"OrderCopy": operation}))
    assert adapter.read_callback("CopyReady", {"X-Message-ID": "m-2"}, ready()).message_id == "m-2"
    with pytest.raises(CallbackRefused) as caught:
        adapter.read_callback("CopyReady", {}, ready())
    assert caught.value.code == "no_reference"


@pytest.mark.parametrize(
    ("body", "code", "pointer"),
    [
        (envelope(SOAP11, f'<Receipt xmlns="{NS}"><Order>O</Order></Receipt>'), "unknown_callback", "/Body"),
        (envelope(SOAP11, ""), "not_soap", "/Body"),
        (b"<CopyReady/>", "not_soap", ""),
        (b'<Envelope xmlns="http://schemas.xmlsoap.org/soap/envelope/"/>', "not_soap", ""),
        (ready("<Order>O-1</Order>"), "not_of_contract", "/Body/CopyReady"),
        (ready("<Order>O-1</Order><Page>0</Page>"), "not_of_contract", "/Body/CopyReady/Page"),
        (ready("<Order>O-1</Order><Page>1</Page><Page>x</Page>"), "not_of_contract", "/Body/CopyReady/Page/1"),
    ],
)
def test_callbacks_that_are_refused(body: bytes, code: str, pointer: str) -> None:
    adapter = SoapAdapter(agency())
    with pytest.raises(CallbackRefused) as caught:
        adapter.read_callback(adapter.callback_name("text/xml", body), {}, body)
    assert (caught.value.code, caught.value.pointer) == (code, pointer)
    assert isinstance(adapter.parse(Reply("OrderCopy", 200, {}, body, callback="CopyReady")).outcome, Invalid)


def test_the_receipt_is_the_contracts() -> None:
    adapter = SoapAdapter(agency())
    answer = adapter.answer_callback(adapter.read_callback("CopyReady", {}, ready()))
    body = open_envelope(parse_xml(answer.body)).body
    assert answer.status == 200
    assert body is not None
    assert adapter.contract.read(body) == {"Order": "O-1"}
    plain = SoapAdapter(agency(options={}))
    answer = plain.answer_callback(plain.read_callback("CopyReady", {}, ready()))
    assert open_envelope(parse_xml(answer.body)).body is None


@pytest.mark.parametrize(("soap", "client", "server"), [("soap", "Client", "Server"), ("soap12", "Sender", "Receiver")])
def test_a_refusal_is_a_fault(soap: str, client: str, server: str) -> None:
    adapter = SoapAdapter(agency(soap))
    refused = adapter.refuse_callback(CallbackRefused("/Body/CopyReady", "not_of_contract", "Page <0> \x07"), 400)
    fault = open_envelope(parse_xml(refused.body)).fault
    assert refused.status == 400
    assert fault is not None
    assert fault.code == client
    assert fault.reason == "Page <0> \ufffd"
    assert fault.detail is not None
    assert [c.text for c in fault.detail] == ["/Body/CopyReady", "not_of_contract", "Page <0> \ufffd"]
    failed = open_envelope(parse_xml(adapter.refuse_callback(ValueError("down"), 503).body)).fault
    assert failed is not None
    assert (failed.code, failed.reason) == (server, "The gateway is not ready; try again later")


# -- security ----------------------------------------------------------------------------------------------------------


# -- check -------------------------------------------------------------------------------------------------------------


def operation(**options: Any) -> dict[str, Operation]:
    return {"OrderCopy": Operation("OrderCopy", idempotent=True, **options)}


@pytest.mark.parametrize(
    ("changes", "key", "says"),
    [
        ({"contract": "other.wsdl"}, "contract", "not in the contract's folder"),
        ({"files": {"archive.wsdl": b"<"}}, "contract", "well-formed"),
        ({"files": {"archive.wsdl": files()["archive.wsdl"]}}, "line 8", "imports 'xsd/request.xsd'"),
        ({"auth": {"kind": "magic"}}, "auth.kind", "one of"),
        ({"auth": {"kind": "basic", "user": "u", "secret": "hunter2"}}, "auth.secret", "secret://"),
        ({"auth": {"kind": "ws-username", "secret": "secret://a/b"}}, "auth.user", "needs a user"),
        ({"operations": {"Other": Operation("Other", idempotent=True)}}, "operations.Other", "FindOrder, Note, OrderCopy"),
        (
            {"operations": operation(answers=({"code": 1, "outcome": "duplicate"},))},
            "operations.OrderCopy.answers[0].code",
            "unknown",
        ),
        (
            {"operations": operation(answers=({"status": "503", "outcome": "duplicate"},))},
            "operations.OrderCopy.answers[0].status",
            "HTTP",
        ),
        (
            {"operations": operation(options={"headers": {"Nobody": "x"}})},
            "operations.OrderCopy.options.headers.Nobody",
            "header",
        ),
        ({"operations": operation(options={"headers": {"Client": "=("}})}, "operations.OrderCopy.options.headers.Client", ""),
        ({"operations": operation(callback={"Ready": Expression("1", "x")})}, "callbacks.operations.Ready", "element"),
        ({"callbacks": {"operations": {"CopyReady": {"element": "Nobody"}}}}, "callbacks.operations.CopyReady.element", "body"),
        (
            {"callbacks": {"operations": {"CopyReady": {"element": "CopyReady"}, "More": {"element": "Receipt"}}}},
            "callbacks.operations.More",
            "reads",
        ),
        ({"options": {"receipts": {"CopyReady": {"element": "Nobody"}}}}, "options.receipts.CopyReady.element", "receipt"),
        ({"options": {"receipts": {"Nobody": {"element": "Receipt"}}}}, "options.receipts.Nobody", "name of a callback"),
        (
            {"auth": {"kind": "ws-username", "user": "u", "secret": "secret://a/b"}, "options": {"password": "plain"}},
            "options.password",
            "digest or text",
        ),
        ({"options": {"port": "Nobody"}}, "contract", "no SOAP operation at the port 'Nobody'"),
    ],
)
def test_mistakes_are_found_with_key_and_way_out(changes: dict[str, Any], key: str, says: str) -> None:
    flaws = SoapAdapter(agency(**changes)).check()
    found = [flaw for flaw in flaws if flaw.key == key]
    assert found, flaws
    assert says in found[0].expected
    assert found[0].fix
    assert found[0].file


def test_all_mistakes_are_told_at_once() -> None:
    flaws = SoapAdapter(
        agency(auth={"kind": "magic"}, operations={"A": Operation("A", idempotent=True), "B": Operation("B", idempotent=True)})
    ).check()
    assert {"auth.kind", "operations.A", "operations.B"} <= {flaw.key for flaw in flaws}


def test_a_header_part_that_names_nothing_harms_nobody() -> None:
    wsdl = WSDL.format(soap="soap").replace(
        '<wsdl:part name="client" element="r:Client"/>', '<wsdl:part name="other" element="r:Client"/>'
    )
    broken = agency(files=files(**{"archive.wsdl": wsdl}))
    assert SoapAdapter(broken).check() == []
    assert any("'client'" in note for note in SoapAdapter(broken).contract.operations["OrderCopy"].notes)


def test_the_reference_contract_has_no_flaw() -> None:
    assert SoapAdapter(agency()).check() == []
    assert SoapAdapter(agency("soap12")).check() == []
    assert isinstance(SoapAdapter(agency()).agency, Agency)
