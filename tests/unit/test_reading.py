"""From what an expression or a row yields to an outcome."""

import base64
from typing import Any

import pytest

from gateway.sdk import Accepted, Completed, Expression, NotThere, Operation, Redirected, Refused, RetryLater
from gateway.sdk.mapping import MappingInvalid
from gateway.sdk.reading import ProductInvalid, Table, TableInvalid, no_absence, read_product, read_response, with_after


def _table(*rows: Any, response: str | None = None) -> Table:
    expression = None if response is None else Expression(response, "r")
    return Table.of(Operation("Do", idempotent=False, answers=rows, response=expression), frozenset({"status"}))


def _read(table: Table, status: int, body: Any) -> Any:
    parsed = table.read({"body": body, "status": status, "operation": "Do"}, lambda m: m.get("status") in {None, status})
    return None if parsed is None else parsed.outcome


def test_first_row_that_matches() -> None:
    table = _table(
        {
            "status": 422,
            "when": "body.code = 'A'",
            "outcome": {"outcome": "refused", "code": "=body.code", "reason": "=body.why"},
        },
        {"status": 422, "outcome": {"outcome": "retry_later", "reason": "busy", "after": 5}},
        {"status": 421, "outcome": {"outcome": "redirected", "branch": "=body.to"}},
    )
    assert _read(table, 422, {"code": "A", "why": "no"}) == Refused("A", "no")
    assert _read(table, 422, {"code": "B"}) == RetryLater("busy", 5)
    assert _read(table, 421, {"to": "17"}) == Redirected("17")
    assert _read(table, 500, {}) is None
    with pytest.raises(ProductInvalid):
        _read(table, 421, {})


def test_duplicate_counts_as_sent() -> None:
    response = '{"outcome": "completed", "data": {"n": body.number}}'
    assert _read(_table({"status": 409, "outcome": "duplicate"}, response=response), 409, {"number": "1"}) == Completed(
        {"n": "1"}
    )
    assert _read(_table({"status": 409, "outcome": {"outcome": "duplicate"}}), 409, {"number": "1"}) == Completed({"number": "1"})
    nested = _table({"status": 409, "outcome": "duplicate", "body": "body.entry"}, response=response)
    assert _read(nested, 409, {"entry": {"number": "2"}}) == Completed({"n": "2"})
    for reference in ("ref", "body.ref"):
        accepted = _table({"status": 409, "outcome": "duplicate", "reference": reference}, response=response)
        assert _read(accepted, 409, {"ref": "R"}) == Accepted("R")


@pytest.mark.parametrize(
    "row",
    [
        "x",
        {"status": 1},
        {"status": 1, "outcome": "done"},
        {"status": 1, "outcome": {"outcome": "done"}},
        {"status": 1, "outcome": {"outcome": "refused", "cod": "x"}},
        {"status": 1, "outcome": {"outcome": "retry_later", "reason": "x", "after": "soon"}},
        {"fault": 1, "outcome": "duplicate"},
    ],
)
def test_wrong_rows_are_told_at_load(row: Any) -> None:
    with pytest.raises(TableInvalid, match=r"operations\.Do\.answers\[0\]"):
        _table(row)


def test_wrong_expressions_are_told_at_load() -> None:
    with pytest.raises(MappingInvalid):
        _table({"status": 1, "outcome": {"outcome": "refused", "code": "=a =", "reason": ""}})


def test_documents_become_blobs() -> None:
    content = base64.b64encode(b"scan").decode()
    product = read_product({"outcome": "completed", "documents": {"name": "a.pdf", "content": content[:3] + "\n" + content[3:]}})
    (document,) = product.parsed.outcome.documents  # type: ignore[union-attr]
    assert product.parsed.blobs == {document.digest: b"scan"}
    assert (document.name, document.media_type, document.size) == ("a.pdf", "application/octet-stream", 4)


@pytest.mark.parametrize(
    ("value", "path"),
    [
        (None, ""),
        ([], ""),
        ({}, "outcome"),
        ({"outcome": "accepted", "reference": ""}, "reference"),
        ({"outcome": "accepted"}, "outcome"),
        ({"outcome": "redirected", "branch": ""}, "branch"),
        ({"outcome": "completed", "decided_at": "2026-01-01"}, "outcome"),
        ({"outcome": "completed", "documents": [{"content": "?"}]}, "documents/0/content"),
        ({"outcome": "completed", "documents": [{"content": ""}]}, "documents/0/content"),
        ({"outcome": "completed", "documents": ["x"]}, "documents/0"),
        ({"outcome": "completed", "match": {"reference": 7}}, "match"),
    ],
)
def test_what_is_no_outcome(value: Any, path: str) -> None:
    with pytest.raises(ProductInvalid) as refused:
        read_product(value)
    assert refused.value.path == path


def test_a_failing_expression_is_no_outcome() -> None:
    with pytest.raises(ProductInvalid):
        read_response(Expression("$number(body)", "r"), {"body": {}, "status": 200, "operation": "Do"})


def test_absence_is_for_lookups() -> None:
    product = read_product({"outcome": "not_there", "reason": "unknown"})
    assert product.parsed.outcome == NotThere("unknown")
    with pytest.raises(ProductInvalid):
        no_absence(product.parsed)


def test_retry_after_fills_in_only() -> None:
    parsed = read_product({"outcome": "retry_later", "reason": "busy"}).parsed
    assert with_after(parsed, 9).outcome == RetryLater("busy", 9)
    assert with_after(with_after(parsed, 9), 3).outcome == RetryLater("busy", 9)
