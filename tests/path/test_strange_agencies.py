"""What an agency says is material to judge: nothing that it can write holds up others or is lost."""

from __future__ import annotations

import json
import secrets

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


#: Answers of the right status: what is no JSON that could be kept may be a broken wire, what breaks the contract is not.
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
    for text in UNREADABLE:  # looked up, and the lookup can be read
        await gateway.until_request(strange[text], "awaiting_reply")
    for text in NOT_OF_CONTRACT:
        await gateway.until_request(strange[text], "parked")
        await gateway.until_incident("invalid", case=strange[text])
    assert set(gateway.agencies.effects("registry", "order").values()) == {1}


async def test_a_callback_with_a_name_without_end_is_refused(gateway: Gateway) -> None:
    for field in ("callbackId", "reference", "messageId"):
        body = {"callbackId": "1", "text": "x", field: ENDLESS}
        status, answer = await gateway.call_back("registry", "Done", body)
        assert (status, json.loads(answer)["errors"][0]["code"]) == (400, "mapping")
    await gateway.until_case(await gateway.submit("order"), "closed")
