"""What a SOAP answer means: the table at the top of ``adapters.soap.replies``, row by row."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import replace
from typing import Any

import pytest

from adapters.soap import SoapAdapter
from adapters.soap.conformance import NS, agency
from gateway.sdk import (
    Accepted,
    Completed,
    DocumentRef,
    Expression,
    Invalid,
    Misconfigured,
    NotThere,
    Operation,
    Progress,
    Refused,
    Reply,
    RetryLater,
    Unknown,
)
from gateway.sdk.soap import SOAP11, SOAP12, Version, envelope, fault

ADAPTERS = {version.name: SoapAdapter(agency(soap)) for version, soap in ((SOAP11, "soap"), (SOAP12, "soap12"))}


def answer(inner: str, version: Version = SOAP11) -> bytes:
    return envelope(version, inner)


def order(inner: str) -> str:
    return f'<OrderCopyResponse xmlns="{NS}">{inner}</OrderCopyResponse>'


def said(status: int, body: bytes, operation: str = "OrderCopy", **headers: str) -> Any:
    return ADAPTERS["1.1"].parse(Reply(operation, status, headers, body)).outcome


def copying(**changes: Any) -> SoapAdapter:
    """Return the adapter of the archive whose ``OrderCopy`` is changed."""
    known = agency().operations
    return SoapAdapter(agency(operations={**known, "OrderCopy": replace(known["OrderCopy"], **changes)}))


def test_a_good_answer_is_read_by_the_response_expression() -> None:
    content = b"%PDF-"
    inner = f"<Order>O-1</Order><Ready>true</Ready><Copy>{base64.b64encode(content).decode()}</Copy><Remark>Эски</Remark>"
    parsed = ADAPTERS["1.1"].parse(Reply("OrderCopy", 200, {}, answer(order(inner))))
    digest = hashlib.sha256(content).hexdigest()
    assert parsed.outcome == Completed(
        {"order": "O-1", "remarks": ["Эски"]}, (DocumentRef(digest, "copy.pdf", "application/pdf", size=5),)
    )
    assert parsed.blobs == {digest: content}
    assert said(200, answer(order("<Order>O-2</Order><Ready>0</Ready>"))) == Accepted("O-2")


def test_an_answer_in_the_other_version_is_read_too() -> None:
    assert said(200, answer(order("<Order>O-2</Order><Ready>0</Ready>"), SOAP12)) == Accepted("O-2")


NOT_HELD = f'<NotHeld xmlns="{NS}"><Where>Фарғона</Where></NotHeld>'


@pytest.mark.parametrize("version", [SOAP11, SOAP12])
@pytest.mark.parametrize(
    ("code", "subcode", "reason", "detail", "expected"),
    [
        ("Server", "Busy", "later", "", RetryLater("busy")),
        ("Client", "", "no", NOT_HELD, Refused("NotHeld", "Фарғона")),
        ("Client", "Twice", "O-7", "", Accepted("O-7")),
        ("Server", "", "boom", "", Unknown("the agency failed: Server: boom")),
        ("Server", "Other", "boom", "", Unknown("the agency failed: Other: boom")),
        ("Client", "", "bad", "", Invalid("", "the agency cannot read our message: Client: bad")),
        ("Client", "Schema", "bad", "", Invalid("", "the agency cannot read our message: Schema: bad")),
        ("MustUnderstand", "", "x", "", Invalid("", "the agency cannot read our message: MustUnderstand: x")),
        ("Client", "FailedAuthentication", "no", "", Misconfigured("the agency refuses our security header: F: no")),
        ("Custom", "", "x", "", Unknown("the agency failed: Custom: x")),
    ],
)
def test_faults(version: Version, code: str, subcode: str, reason: str, detail: str, expected: Any) -> None:
    body = fault(version, code, reason, subcode=subcode, detail=detail)
    outcome = ADAPTERS[version.name].parse(Reply("OrderCopy", 500, {}, body)).outcome
    assert type(outcome) is type(expected)
    if isinstance(expected, RetryLater | Refused | Accepted):
        assert outcome == expected
    else:
        assert reason in outcome.reason


@pytest.mark.parametrize("code", ["soap:Server.Busy", "Server.Busy", "soap:Server.Db.Busy"], ids=["prefixed", "plain", "longer"])
def test_codes_as_agencies_write_them(code: str) -> None:
    body = envelope(SOAP11, f"<soap:Fault><faultcode>{code}</faultcode><faultstring/></soap:Fault>")
    expected = Unknown if "Db" in code else RetryLater
    assert isinstance(said(500, body), expected)


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (401, b"", Misconfigured),
        (403, b"<html/>", Misconfigured),
        (301, b"", Misconfigured),
        (404, b"no such page", Misconfigured),
        (405, b"", Misconfigured),
        (410, b"", Misconfigured),
        (400, b"", Invalid),
        (413, b"", Invalid),
        (415, b"", Invalid),
        (422, b"", Invalid),
        (408, b"", Unknown),
        (429, b"", Unknown),
        (500, b"boom", Unknown),
        (502, b"<html/>", Unknown),
        (504, b"", Unknown),
        (200, b"", Unknown),
        (202, b"", Unknown),
        (200, b"<html><body>Login</body></html>", Unknown),
        (200, answer(order("<Ready>true</Ready>"))[:-30], Unknown),
        (200, answer(""), Unknown),
        (200, answer("<a/><b/>"), Unknown),
    ],
)
def test_without_a_fault(status: int, body: bytes, kind: type) -> None:
    outcome = said(status, body)
    assert isinstance(outcome, kind)
    assert outcome.reason


@pytest.mark.parametrize(("idempotent", "kind"), [(False, Unknown), (True, Invalid)])
@pytest.mark.parametrize(
    "body",
    [
        answer(f'<FindOrderResponse xmlns="{NS}"/>'),
        answer('<OrderCopyResponse xmlns="urn:other"><Ready>true</Ready></OrderCopyResponse>'),
        answer(order("<Ready>perhaps</Ready>")),
        answer(order("<Ready>true</Ready><More/>")),
        answer(order("<Ready>false</Ready>")),  # accepted without a reference
    ],
    ids=["another element", "another namespace", "a value", "one too many", "no outcome"],
)
def test_what_came_as_agreed_and_cannot_be_read(body: bytes, idempotent: bool, kind: type[Any]) -> None:
    """Where the operation is not idempotent the agency may have acted."""
    adapter = copying(idempotent=idempotent)
    assert isinstance(adapter.parse(Reply("OrderCopy", 200, {}, body)).outcome, kind)
    unreadable_to_them = adapter.parse(Reply("OrderCopy", 500, {}, fault(SOAP11, "Client", "what is this?"))).outcome
    assert isinstance(unreadable_to_them, Invalid), "what the agency says of our message stays what it is"


def test_a_row_by_status_comes_first_and_takes_the_agencys_own_delay() -> None:
    rows = (
        {"status": 503, "outcome": {"outcome": "retry_later", "reason": "closed at night"}},
        {"status": 409, "outcome": "duplicate", "reference": "'kept'"},
        {"when": "body.Order = 'O-13'", "outcome": {"outcome": "progress", "code": "queued"}},
    )
    adapter = SoapAdapter(agency(operations={"OrderCopy": Operation("OrderCopy", idempotent=True, answers=rows)}))

    def told(status: int, body: bytes = b"", **headers: str) -> Any:
        return adapter.parse(Reply("OrderCopy", status, headers, body)).outcome

    assert told(503, **{"retry-after": "30"}) == RetryLater("closed at night", 30.0)
    assert told(503, **{"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT"}) == RetryLater("closed at night")
    assert told(503, **{"retry-after": "9" * 400}) == RetryLater("closed at night")  # no time that a row could have
    assert told(409) == Accepted("kept")
    assert told(200, answer(order("<Order>O-13</Order><Ready>1</Ready>"))) == Progress("queued")
    assert told(500) == Unknown("HTTP 500 without a fault that says more")


def test_a_mistake_in_the_answer_is_told_by_its_place() -> None:
    perhaps = answer(order("<Ready>perhaps</Ready>"))
    outcome = copying(idempotent=True).parse(Reply("OrderCopy", 200, {}, perhaps)).outcome
    assert isinstance(outcome, Invalid)
    assert outcome.path == "/Ready"
    assert "xs:boolean" in outcome.reason
    doubtful = said(200, perhaps)
    assert doubtful.reason.startswith("/Ready: ")
    assert "xs:boolean" in doubtful.reason


def test_a_one_way_operation_is_done_when_it_is_taken() -> None:
    assert said(202, b"", "Note") == Completed({})
    assert said(200, answer(""), "Note") == Completed({})


def test_a_lookup_may_say_that_there_is_nothing() -> None:
    adapter = ADAPTERS["1.1"]
    nothing = answer(f'<FindOrderResponse xmlns="{NS}"/>')
    found = answer(f'<FindOrderResponse xmlns="{NS}"><Order>O-9</Order></FindOrderResponse>')
    assert adapter.parse_lookup("OrderCopy", Reply("FindOrder", 200, {}, nothing)).outcome == NotThere()
    assert adapter.parse_lookup("OrderCopy", Reply("FindOrder", 200, {}, found)).outcome == Accepted("O-9")
    assert isinstance(adapter.parse_lookup("OrderCopy", Reply("FindOrder", 504, {}, b"")).outcome, Unknown)
    assert isinstance(adapter.parse(Reply("FindOrder", 200, {}, nothing)).outcome, Invalid)
    assert isinstance(adapter.parse_lookup("Note", Reply("FindOrder", 200, {}, nothing)).outcome, Unknown)


def test_without_an_expression_the_body_is_the_data() -> None:
    adapter = SoapAdapter(agency(operations={"OrderCopy": Operation("OrderCopy", idempotent=True)}))
    body = answer(order("<Total currency='UZS'>5.50</Total><Ready>1</Ready>"))
    data = {"Total": {"@currency": "UZS", "#text": 5.5}, "Ready": True}
    assert adapter.parse(Reply("OrderCopy", 200, {}, body)).outcome == Completed(data)


@pytest.mark.parametrize("source", ["body.Order", '{"outcome": "done"}', '$error("no")', "nothing"])
def test_an_expression_that_leads_nowhere_is_told(source: str) -> None:
    reply = Reply("OrderCopy", 200, {}, answer(order("<Order>O</Order><Ready>1</Ready>")))
    response = Expression(source, "order.jsonata")
    outcome = copying(idempotent=True, response=response).parse(reply).outcome
    assert isinstance(outcome, Invalid)
    assert outcome.path.startswith("response")
    doubtful = copying(response=response).parse(reply).outcome
    assert isinstance(doubtful, Unknown)
    assert doubtful.reason.startswith("response")


def test_an_operation_that_nobody_knows() -> None:
    assert isinstance(said(200, answer(""), "Other"), Invalid)


def test_a_redirect_is_told_without_the_key_that_it_repeats() -> None:
    outcome = said(301, b"", location="https://u:pw@agency.uz/soap?key=hush")
    assert outcome == Misconfigured("HTTP 301: the service has moved to https://agency.uz/soap")
