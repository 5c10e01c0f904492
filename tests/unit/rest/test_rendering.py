"""From a mapping's product to the bytes of a REST message."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.rest import RestAdapter
from adapters.rest.conformance import MESSAGE_ID, PLAN, PLAN_REF, agency, request
from adapters.rest.rendering import insert_documents
from gateway.sdk import MessageInvalid

ADAPTER = RestAdapter(agency())
TENANCY = {"tenant": "31506201234567", "from": "2026-04-01"}


def test_body_and_headers() -> None:
    message = ADAPTER.render(request("registerTenancy", dict(reversed(TENANCY.items()))))
    assert message.body == b'{"from":"2026-04-01","tenant":"31506201234567"}'
    assert (message.method, message.path, message.content_type) == ("POST", "/tenancies", "application/json")
    assert message.headers["Idempotency-Key"] == message.headers["X-Message-Id"] == MESSAGE_ID
    assert message.headers["X-Darcha-Callback"] == "http://127.0.0.1:9/agencies/housing-fund/callbacks"


def test_parameters() -> None:
    message = ADAPTER.render(request("getPermit", {"params": {"number": "A/1 2", "lang": ["uz", "ru"], "X-Purpose": "check"}}))
    assert (message.method, message.path, message.body) == ("GET", "/permits/A%2F1%202?lang=uz&lang=ru", b"")
    assert message.headers["X-Purpose"] == "check"
    assert message.content_type == ""


@pytest.mark.parametrize(
    ("operation", "product", "path"),
    [
        ("registerTenancy", {**TENANCY, "tenant": "1"}, "/tenant"),
        ("registerTenancy", {"tenant": "31506201234567"}, ""),
        ("findTenancy", {"params": {}}, "/params/messageId"),
        ("findTenancy", {"params": {"messageId": ["a", {"b": 1}]}}, "/params/messageId"),
        ("findTenancy", {"params": {"messageId": "a", "x/y": 1}}, "/params/x~1y"),
        ("findTenancy", {"params": {"messageId": "a"}, "body": {}}, "/body"),
        ("findTenancy", {"body": {}, "other": 1}, "/other"),
        ("getPermit", {"params": {"number": "A", "lang": ["uz", "de"]}}, "/params/lang/1"),
        ("getPermit", {"params": {"number": "../A"}}, "/params/number"),
        ("orderInspection", {"address": "x", "plan": f"darcha-document:{'0' * 64}"}, ""),
    ],
)
def test_what_breaks_the_contract_does_not_leave(operation: str, product: Any, path: str) -> None:
    with pytest.raises(MessageInvalid) as refused:
        ADAPTER.render(request(operation, product))
    assert refused.value.path == path


@pytest.mark.parametrize("number", ["..", ".", ""])
def test_a_parameter_cannot_leave_its_path(number: str) -> None:
    files = {"openapi.yaml": agency().files["openapi.yaml"].replace(b', pattern: "^[A-Z/ 0-9-]+$"', b"")}
    with pytest.raises(MessageInvalid):
        RestAdapter(replace(agency(), files=files)).render(request("getPermit", {"params": {"number": number}}))


def test_documents_are_digests_until_sent() -> None:
    message = ADAPTER.render(
        request("orderInspection", {"address": "x", "plan": f"darcha-document:{PLAN_REF.digest}"}, (PLAN_REF,))
    )
    assert message.documents == (PLAN_REF,)
    assert PLAN_REF.digest.encode() in message.body
    sent = insert_documents(message.body, {PLAN_REF.digest: PLAN})
    assert sent == b'{"address":"x","plan":"JVBERi0xLjQgYW4gaW52ZW50ZWQgcGxhbg=="}'


def test_only_the_documents_of_the_request_are_named() -> None:
    other = replace(PLAN_REF, digest="1" * 64)
    message = ADAPTER.render(request("orderInspection", {"address": f"darcha-document:{'x' * 64}"}, (PLAN_REF, other)))
    assert message.documents == ()
    assert insert_documents(message.body, {other.digest: b"secret"}) == message.body


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.text(), lambda c: st.lists(c) | st.dictionaries(st.text(), c)))
def test_any_product_is_a_message_or_refused(product: Any) -> None:
    for operation in ("registerTenancy", "getPermit"):
        try:
            ADAPTER.render(request(operation, product))
        except MessageInvalid as refused:
            assert refused.reason
