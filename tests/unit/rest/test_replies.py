"""The table of answers over HTTP, row by row as the manual has it."""

from dataclasses import replace
from typing import Any

import pytest

from adapters.rest import RestAdapter
from adapters.rest.conformance import agency, reply
from adapters.rest.replies import retry_after
from gateway.sdk import (
    Accepted,
    Completed,
    Expression,
    Invalid,
    Misconfigured,
    NotThere,
    Redirected,
    Refused,
    Reply,
    RetryLater,
    Unknown,
)

ADAPTER = RestAdapter(agency())
PROBLEM = {"title": "No", "code": "Schema"}
#: What an answer that cannot be read means: where the operation is not idempotent the agency may have acted.
UNREAD: dict[str, type[Any]] = {"registerTenancy": Unknown, "getPermit": Invalid}


def _with(operation: str, **changes: Any) -> RestAdapter:
    """Return the adapter of the agency whose operation is changed."""
    known = agency()
    return RestAdapter(
        replace(known, operations={**known.operations, operation: replace(known.operations[operation], **changes)})
    )


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (100, Unknown),
        (301, Misconfigured),
        (302, Unknown),
        (303, Unknown),
        (307, Misconfigured),
        (308, Misconfigured),
        (400, Invalid),
        (401, Misconfigured),
        (403, Misconfigured),
        (404, Misconfigured),
        (405, Invalid),
        (407, Misconfigured),
        (408, Unknown),
        (409, Unknown),
        (410, Invalid),
        (413, Invalid),
        (415, Invalid),
        (421, Misconfigured),
        (422, Invalid),
        (423, Unknown),
        (425, Unknown),
        (429, Unknown),
        (500, Unknown),
        (501, Unknown),
        (502, Unknown),
        (503, Unknown),
        (504, Unknown),
        (999, Unknown),
    ],
)
def test_without_a_row(status: int, kind: type[Any]) -> None:
    described = ADAPTER.parse(reply("findTenancy", status, PROBLEM, retry_after="5"))
    proxy = ADAPTER.parse(Reply("findTenancy", status, {"content-type": "text/html", "retry-after": "5"}, b"<html>"))
    assert isinstance(described.outcome, kind)
    assert isinstance(proxy.outcome, kind)


def test_rows_speak_for_the_agency_only() -> None:
    """A row clears the agency's own 503, not the 503 of a proxy in front of it."""
    busy = {"title": "Busy", "code": "Busy"}
    assert ADAPTER.parse(reply("registerTenancy", 503, busy)).outcome == RetryLater("busy, not acted on")
    for foreign in ({"title": "x"}, {"title": "x", "code": "Else"}, [], "x"):
        assert isinstance(ADAPTER.parse(reply("registerTenancy", 503, foreign)).outcome, Unknown)
    assert isinstance(ADAPTER.parse(Reply("registerTenancy", 503, {"content-type": "text/html"}, b"<html>")).outcome, Unknown)


def test_a_row_may_take_any_body() -> None:
    known = agency()
    row = {"status": 503, "any_body": True, "outcome": {"outcome": "retry_later", "reason": "closed at night"}}
    asked = replace(known.operations["getPermit"], answers=(row,))
    adapter = RestAdapter(replace(known, operations={**known.operations, "getPermit": asked}))
    for answer in (Reply("getPermit", 503, {}, b""), reply("getPermit", 503, [1])):
        assert adapter.parse(answer).outcome == RetryLater("closed at night")


def test_rows_by_code() -> None:
    refused = {"title": "Not entitled", "code": "NotEntitled"}
    assert ADAPTER.parse(reply("registerTenancy", 422, refused)).outcome == Refused("NotEntitled", "Not entitled")
    moved = {"title": "x", "code": "OtherDistrict", "district": "1714212"}
    assert ADAPTER.parse(reply("registerTenancy", 421, moved)).outcome == Redirected("1714212")
    known = {"title": "x", "code": "Known", "number": "T-9"}
    assert ADAPTER.parse(reply("registerTenancy", 409, known)).outcome == Completed({"number": "T-9"})


@pytest.mark.parametrize(("operation", "kind"), UNREAD.items())
def test_a_row_that_gives_no_outcome(operation: str, kind: type[Any]) -> None:
    row = {"status": 421, "outcome": {"outcome": "redirected", "branch": "=body.district"}}
    answer = reply(operation, 421, {"title": "x", "code": "OtherDistrict"})
    assert isinstance(_with(operation, answers=(row,)).parse(answer).outcome, kind)


@pytest.mark.parametrize(
    ("response", "kind"),
    [
        (reply("registerTenancy", 201, {"number": "T-1"}), Completed),
        (reply("registerTenancy", 201, {"number": ""}), Unknown),
        (reply("registerTenancy", 201, {}), Unknown),
        (reply("registerTenancy", 201, []), Unknown),
        (reply("getPermit", 200, {"number": 7}), Invalid),
        (reply("getPermit", 200, {}), Invalid),
        (reply("getPermit", 200, []), Invalid),
        (reply("orderInspection", 202, {"reference": "H-1"}), Accepted),
        (reply("orderInspection", 202, {"reference": ""}), Unknown),
        (reply("orderInspection", 202, {"reference": ""}, Location="/inspections/7"), Accepted),
        (Reply("registerTenancy", 201, {"content-type": "application/json"}, b'{"number":'), Unknown),
        (Reply("registerTenancy", 201, {"content-type": "text/html"}, b"<html>"), Unknown),
        (Reply("registerTenancy", 201, {"content-type": "application/json"}, b'{"number":"a","number":"b"}'), Unknown),
        (reply("noSuch", 200, {}), Unknown),
    ],
)
def test_success(response: Reply, kind: type[Any]) -> None:
    assert isinstance(ADAPTER.parse(response).outcome, kind)


def test_status_that_the_contract_does_not_know() -> None:
    files = {"openapi.yaml": agency().files["openapi.yaml"].replace(b"        default: {$ref", b'        "422": {$ref')}
    adapter = RestAdapter(replace(agency(), files=files))
    assert isinstance(adapter.parse(reply("registerTenancy", 200, {"number": "T-1"})).outcome, Unknown)
    assert isinstance(adapter.parse(reply("getPermit", 201, {"number": "A"})).outcome, Invalid)
    assert adapter.parse(reply("registerTenancy", 503, {})).outcome == RetryLater("busy, not acted on")


@pytest.mark.parametrize(("idempotent", "kind"), [(False, Unknown), (True, Invalid)])
def test_what_came_as_agreed_and_cannot_be_read(idempotent: bool, kind: type[Any]) -> None:
    """Whichever way it cannot be read; and what the agency says of our message stays what it is."""
    nowhere = Expression('{"outcome": "done"}', "nowhere.jsonata")
    broken = Expression('$error("no")', "broken.jsonata")
    good = reply("registerTenancy", 201, {"number": "T-1"})
    for response in (nowhere, broken):
        assert isinstance(_with("registerTenancy", idempotent=idempotent, response=response).parse(good).outcome, kind)
    adapter = _with("registerTenancy", idempotent=idempotent)
    outcome = adapter.parse(reply("registerTenancy", 201, {"number": ""})).outcome
    assert isinstance(outcome, kind)
    assert "/number" in repr(outcome), "it is told by its place"
    assert isinstance(adapter.parse(reply("registerTenancy", 400, PROBLEM)).outcome, Invalid)
    assert isinstance(adapter.parse(good).outcome, Completed)
    inspection = _with("orderInspection", idempotent=idempotent)
    assert isinstance(inspection.parse(reply("orderInspection", 202, {"reference": ""})).outcome, kind)


def test_document_in_a_reply() -> None:
    parsed = ADAPTER.parse(reply("getPermit", 200, {"number": "A", "scan": "UERG"}))
    assert list(parsed.blobs.values()) == [b"PDF"]
    assert isinstance(ADAPTER.parse(reply("getPermit", 200, {"number": "A", "scan": "??"})).outcome, Invalid)


@pytest.mark.parametrize(
    ("response", "kind"),
    [
        (reply("findTenancy", 200, {"found": True, "number": "T-1"}), Completed),
        (reply("findTenancy", 200, {"found": False}), NotThere),
        (reply("findTenancy", 200, {}), Unknown),
        (reply("findTenancy", 400, PROBLEM), Unknown),
        (reply("findTenancy", 404, PROBLEM), Unknown),
        (reply("findTenancy", 401, PROBLEM), Misconfigured),
        (reply("findTenancy", 503, PROBLEM), Unknown),
        (reply("getPermit", 503, {"title": "Busy", "code": "Busy"}), Unknown),
        (Reply("findTenancy", 200, {"content-type": "text/html"}, b"<html>"), Unknown),
    ],
)
def test_lookups(response: Reply, kind: type[Any]) -> None:
    assert isinstance(ADAPTER.parse_lookup("registerTenancy", response).outcome, kind)
    assert isinstance(ADAPTER.parse_lookup("findTenancy", response).outcome, Unknown)


def test_a_row_may_say_that_nothing_is_there() -> None:
    known = agency()
    row = {"status": 404, "outcome": {"outcome": "not_there"}}
    asked = replace(known.operations["findTenancy"], answers=(row,))
    adapter = RestAdapter(replace(known, operations={**known.operations, "findTenancy": asked}))
    assert adapter.parse_lookup("registerTenancy", reply("findTenancy", 404, PROBLEM)).outcome == NotThere()
    assert isinstance(adapter.parse(reply("findTenancy", 404, PROBLEM)).outcome, Invalid)


def test_not_there_is_no_direct_answer() -> None:
    assert isinstance(ADAPTER.parse(reply("findTenancy", 200, {"found": False})).outcome, Invalid)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "7"}, 7.0),
        ({"retry-after": "Mon, 02 Mar 2026 06:00:30 GMT", "date": "Mon, 02 Mar 2026 06:00:00 GMT"}, 30.0),
        ({"retry-after": "Mon, 02 Mar 2026 05:00:00 GMT", "date": "Mon, 02 Mar 2026 06:00:00 GMT"}, 0.0),
        ({"retry-after": "Mon, 02 Mar 2026 06:00:30 GMT"}, None),
        ({"retry-after": "-1"}, None),
        ({"retry-after": "9" * 400}, None),
        ({"retry-after": "\x00"}, None),
        ({"retry-after": "²"}, None),
        ({}, None),
    ],
)
def test_retry_after(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers) == seconds
    cleared = ADAPTER.parse(reply("registerTenancy", 503, {"title": "Busy", "code": "Busy"}, **headers))
    assert cleared.outcome == RetryLater("busy, not acted on", seconds)


def test_the_reason_does_not_say_whom_it_is_about() -> None:
    detail = {"title": "Not so", "code": "Schema", "detail": "Namunayeva Lola, 31506201234567"}
    assert "Namunayeva" not in repr(ADAPTER.parse(reply("registerTenancy", 500, detail)))
