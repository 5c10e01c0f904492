"""What answers mean, beyond JSON: documents, XML, problem documents, Retry-After, preconditions."""

from dataclasses import replace
from typing import Any

import orjson
import pytest

from adapters.rest import RestAdapter
from gateway.sdk import Accepted, Agency, Completed, Expression, Invalid, Operation, Refused, Reply, RetryLater, Unknown
from tests.unit.rest.contracts import agency, document

_XML = {"application/xml": {"schema": {"type": "object", "properties": {"n": {"type": "integer"}}}}}
_RESPONSES = {
    "200": {"content": {"application/json": {"schema": {"type": "object"}}, "application/pdf": {}, "text/plain": {}, **_XML}},
    "202": {"description": "later"},
    "204": {"content": {"application/json": {}}},
    "4XX": {"content": {"application/problem+json": {"schema": {"type": "object", "required": ["title"]}}}},
}
_ANSWERS: tuple[dict[str, Any], ...] = (
    {"type": "urn:no-right", "outcome": {"outcome": "refused", "code": "=body.type", "reason": "=body.title"}},
    {"status": 409, "type": "about:blank", "outcome": {"outcome": "retry_later", "reason": "busy"}},
)


UNREAD = pytest.mark.parametrize(("idempotent", "kind"), [(False, Unknown), (True, Invalid)])


def _agency(response: str = "", *, idempotent: bool = False) -> Agency:
    made = agency(document({"responses": _RESPONSES}))
    expression = Expression(response, "r") if response else None
    operation = Operation("x", idempotent=idempotent, response=expression, answers=_ANSWERS)
    return replace(made, operations={"x": operation})


def _outcome(status: int, content_type: str, body: bytes, response: str = "", *, idempotent: bool = False, **headers: str) -> Any:
    given = {"Content-Type": content_type} if content_type else {}
    adapter = RestAdapter(_agency(response, idempotent=idempotent))
    assert adapter.check() == []
    return adapter.parse(Reply("x", status, {**given, **{k.replace("_", "-"): v for k, v in headers.items()}}, body))


def test_a_document_is_an_outcome_of_its_own() -> None:
    disposition = "attachment; filename*=UTF-8''%D1%81%D0%BF%D1%80%D0%B0%D0%B2%D0%BA%D0%B0.pdf"
    parsed = _outcome(200, "application/pdf", b"%PDF", Content_Disposition=disposition)
    (held,) = parsed.outcome.documents
    assert (held.name, held.media_type, held.size, parsed.blobs[held.digest]) == ("справка.pdf", "application/pdf", 4, b"%PDF")


def test_an_expression_names_the_document() -> None:
    response = '{"outcome": "completed", "data": {"type": body.media_type}, "documents": [$merge([body, {"kind": "extract"}])]}'
    parsed = _outcome(200, "application/pdf", b"%PDF", response, Content_Disposition='attachment; filename="../../x\\a.pdf"')
    (held,) = parsed.outcome.documents
    assert (held.kind, held.name) == ("extract", "a.pdf")
    assert parsed.outcome.data == {"type": "application/pdf"}


def test_xml_and_text_are_read_by_the_schema() -> None:
    assert _outcome(200, "text/xml", b"<r><n>5</n></r>").outcome == Completed({"n": 5})
    assert _outcome(200, "text/plain; charset=windows-1251", "сув".encode("cp1251")).outcome == Completed({"value": "сув"})
    assert isinstance(_outcome(200, "application/xml", b"<r>").outcome, Unknown)


@UNREAD
def test_xml_that_is_not_of_the_schema(idempotent: bool, kind: type[Any]) -> None:
    assert isinstance(_outcome(200, "application/xml", b"<r><n>x</n></r>", idempotent=idempotent).outcome, kind)


def test_no_content_has_no_content_whatever_the_contract_says() -> None:
    assert _outcome(204, "", b"").outcome == Completed({})


def test_headers_are_seen_by_expressions() -> None:
    response = '{"outcome": "completed", "data": {"etag": headers.etag, "cookie": headers."set-cookie"}}'
    assert _outcome(200, "application/json", b"{}", response, ETag='"7"', Set_Cookie="s=1").outcome == Completed({"etag": '"7"'})


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"Location": "/jobs/1", "Retry_After": "60"}, Accepted("/jobs/1", 60.0)),
        ({"Location": "/jobs/1"}, Accepted("/jobs/1")),
        (
            {
                "Location": "/jobs/1",
                "Retry_After": "Mon, 02 Mar 2026 06:01:00 GMT",
                "Date": "Mon, 02 Mar 2026 06:00:00 GMT",
            },
            Accepted("/jobs/1", 60.0),
        ),
    ],
)
def test_when_to_ask_again(headers: dict[str, str], expected: Accepted) -> None:
    assert _outcome(202, "", b"", **headers).outcome == expected


@UNREAD
def test_a_reference_that_no_index_holds(idempotent: bool, kind: type[Any]) -> None:
    assert isinstance(_outcome(202, "", b"", idempotent=idempotent, Location="/" + "x" * 600).outcome, kind)


def test_problems_by_their_type() -> None:
    def said(status: int, problem: dict[str, Any]) -> Any:
        return _outcome(status, "application/problem+json", orjson.dumps(problem), Retry_After="9").outcome

    assert said(403, {"type": "urn:no-right", "title": "No"}) == Refused("urn:no-right", "No")
    assert said(409, {"title": "Busy"}) == RetryLater("busy", 9.0), "a problem without a type is about:blank"
    assert isinstance(said(409, {"type": "urn:other", "title": "?"}), Unknown)
    assert isinstance(said(409, {"detail": "no title: it is not of the contract"}), Unknown)


def test_preconditions() -> None:
    assert isinstance(_outcome(412, "application/problem+json", b'{"title": "Changed"}').outcome, Invalid)
    missing = _outcome(428, "application/problem+json", b'{"title": "If-Match"}').outcome
    assert isinstance(missing, Invalid)
    assert "if_match" in missing.reason
