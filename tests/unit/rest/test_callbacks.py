"""Callbacks of a REST agency."""

from dataclasses import replace
from typing import Any

import orjson
import pytest

from adapters.rest import RestAdapter
from adapters.rest.conformance import agency
from gateway.sdk import CallbackRefused, Completed, Expression

ADAPTER = RestAdapter(agency())
JSON = {"Content-Type": "application/json; charset=utf-8"}
INSPECTED = {"id": "i-1", "reference": "H-1", "fit": True}


def test_a_callback_is_read() -> None:
    callback = ADAPTER.read_callback("Inspected", JSON, orjson.dumps(INSPECTED))
    assert (callback.name, callback.reference, callback.message_id, callback.key) == ("Inspected", "H-1", "", "i-1")
    assert callback.parsed.outcome == Completed({"fit": True})
    answer = ADAPTER.answer_callback(callback)
    assert (answer.status, answer.body) == (200, b'{"status":"received"}')  # 200 is what the contract declares


@pytest.mark.parametrize(
    ("name", "headers", "body", "pointer", "code"),
    [
        ("Other", JSON, b"{}", "", "unknown_callback"),
        ("Inspected", JSON, orjson.dumps({**INSPECTED, "fit": "yes"}), "/fit", "schema"),
        ("Inspected", JSON, orjson.dumps({**INSPECTED, "more": 1}), "", "schema"),
        ("Inspected", JSON, b'{"id":"1","id":"2"}', "", "duplicate_key"),
        ("Inspected", JSON, b"{", "", "syntax"),
        ("Inspected", JSON, b'"\xff"', "", "encoding"),
        ("Inspected", {"Content-Type": "text/xml"}, b"<x/>", "", "media_type"),
        ("Inspected", {}, orjson.dumps(INSPECTED), "", "media_type"),
        ("Inspected", JSON, orjson.dumps({**INSPECTED, "report": "?"}), "documents/0/content", "mapping"),
    ],
)
def test_what_is_refused(name: str, headers: dict[str, str], body: bytes, pointer: str, code: str) -> None:
    with pytest.raises(CallbackRefused) as refused:
        ADAPTER.read_callback(name, headers, body)
    assert (refused.value.pointer, refused.value.code) == (pointer, code)
    answer = ADAPTER.refuse_callback(refused.value, 422)
    problem = orjson.loads(answer.body)
    assert (answer.status, answer.content_type) == (422, "application/problem+json")
    assert problem["errors"][0]["code"] == code


def test_a_callback_that_names_no_request() -> None:
    order = agency().operations["orderInspection"]
    nameless = replace(order, callback={"Inspected": Expression('{"outcome": "completed"}', "x")})
    adapter = RestAdapter(replace(agency(), operations={"orderInspection": nameless}))
    with pytest.raises(CallbackRefused, match="names no request"):
        adapter.read_callback("Inspected", JSON, orjson.dumps(INSPECTED))


def test_the_common_address_knows_one_callback() -> None:
    assert ADAPTER.callback_name("application/json", b"{}") == "Inspected"
    none: dict[str, Any] = {"callbacks": {}}
    with pytest.raises(CallbackRefused, match="callbacks are: none"):
        RestAdapter(replace(agency(), **none)).callback_name("application/json", b"{}")


def test_an_inner_error_is_not_told() -> None:
    assert b"inner" not in ADAPTER.refuse_callback(RuntimeError("inner"), 500).body
