"""What an agency says is material to judge: nothing that it can write holds up others or is lost."""

from __future__ import annotations

import json
import secrets

import pytest
from aiohttp import web

from gateway.sdk.simulator import Call, Said, Simulator
from tests.path.gateway import Gateway

#: Longer than an index of PostgreSQL takes, and not to be compressed.
ENDLESS = secrets.token_hex(10_000)


def answers(simulator: Simulator, text: str, body: bytes, status: int) -> None:
    """Let the agency do what it is asked, and answer calls with that text by these bytes."""
    usual = simulator.write

    def write(call: Call, said: Said) -> web.Response:
        answer = usual(call, said)
        if call.body.get("text") == text:
            return web.Response(body=body, status=status, content_type="application/json")
        return answer

    simulator.write = write  # type: ignore[method-assign]


#: Answers of the right status: the agency has acted, and nothing that it says of it can be read.
UNREADABLE = {
    "a character that no database keeps": b'{"entry": "E-\\u0000"}',
    "half a character": b'{"entry": "\\ud800"}',
    "a key twice": b'{"entry": "1", "entry": "2"}',
    "too deep": b'{"entry": ' + b"[" * 10_000 + b"]" * 10_000 + b"}",
    "nothing": b"",
}
NOT_OF_CONTRACT = {"a reference without end": json.dumps({"entry": ENDLESS}).encode(), "a number": b'{"entry": 7}'}


async def test_an_answer_that_cannot_be_kept_holds_up_nobody(gateway: Gateway) -> None:
    for text, body in (UNREADABLE | NOT_OF_CONTRACT).items():
        answers(gateway.agencies["registry"], text, body, 202)
    strange = {text: await gateway.submit("order", text, scenario="silent") for text in UNREADABLE | NOT_OF_CONTRACT}
    for case in [await gateway.submit("order") for _ in range(3)]:
        await gateway.until_case(case, "closed")
    for case in strange.values():  # looked up, and the lookup can be read
        await gateway.until_request(case, "awaiting_reply")
    assert set(gateway.agencies.effects("registry", "order").values()) == {1}


@pytest.mark.parametrize("servers", ["sqlite-inprocess"], indirect=True)
@pytest.mark.parametrize(("body", "status"), [(b'{"entry": 7}', 201), (b'{"entry": "E-1"}', 200)], ids=["body", "status"])
async def test_what_was_done_and_answered_otherwise_than_agreed_is_not_done_twice(
    gateway: Gateway, body: bytes, status: int
) -> None:
    """No lookup, not idempotent: in doubt, and neither way to send it goes unless a person has asked the agency (promise 3)."""
    answers(gateway.agencies["registry"], "otherwise", body, status)
    case = await gateway.submit("post", "otherwise")
    request = await gateway.until_request(case, "in_doubt")
    incident = await gateway.until_incident("in_doubt", case=case)
    assert incident["detail"]["message_id"] == request["message_id"]
    url = f"/v1/requests/{request['id']}"
    for act, more in (("retry", {}), ("supersede", {"mapping": "current"})):
        refused = await gateway.refusal("POST", f"{url}/{act}", {"reason": "it failed", **more})
        assert (refused.status, refused.problem["errors"][0]["code"]) == (409, "in_doubt"), act
    await gateway.until_case(await gateway.submit("enter"), "closed")  # the lane has gone on meanwhile
    assert [(r["id"], r["status"]) for r in await gateway.requests(case)] == [(request["id"], "in_doubt")]
    assert [e.effect for e in gateway.agencies.ledger("registry", "post")] == [True]
    await gateway.resolve_request(request["id"], {"outcome": "completed", "data": {"entry": "by telephone"}})
    assert (await gateway.until_case(case, "closed"))["outcome"] == "granted"
    assert [e.effect for e in gateway.agencies.ledger("registry", "post")] == [True]


@pytest.mark.parametrize("servers", ["sqlite-inprocess"], indirect=True)
async def test_what_was_answered_otherwise_than_agreed_is_looked_up(gateway: Gateway) -> None:
    answers(gateway.agencies["registry"], "otherwise", b'{"entry": 7}', 201)
    case = await gateway.submit("enter", "otherwise")
    assert (await gateway.until_case(case, "closed"))["outcome"] == "granted"
    history = (await gateway.request(case))["history"]
    assert [(tried["work"], tried["outcome"]) for tried in history] == [("send", "unknown"), ("lookup", "completed")]
    assert [e.effect for e in gateway.agencies.ledger("registry", "enter")] == [True]


async def test_a_callback_with_a_name_without_end_is_refused(gateway: Gateway) -> None:
    for field in ("callbackId", "reference", "messageId"):
        body = {"callbackId": "1", "text": "x", field: ENDLESS}
        status, answer = await gateway.call_back("registry", "Done", body)
        assert (status, json.loads(answer)["errors"][0]["code"]) == (400, "mapping")
    await gateway.until_case(await gateway.submit("order"), "closed")
