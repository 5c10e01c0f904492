"""One effect at most, whatever breaks between the gateway and an agency (promise 3).

That no message has had two effects, and each was the same bytes every time, is checked after every test of the suite.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.path.gateway import Gateway

#: The agency has acted, and its answer was lost or could not be read.
ANSWER_LOST = ("reset-after", "error-after", "malformed")


def history(request: dict[str, Any]) -> list[tuple[str, str]]:
    return [(h["work"], h["outcome"]) for h in request["history"]]


@pytest.mark.parametrize("fault", ANSWER_LOST)
@pytest.mark.parametrize("agency", ["registry", "codes"])
async def test_a_lost_answer_is_looked_up(gateway: Gateway, fault: str, agency: str) -> None:
    if agency == "codes":
        operation, case = "assignCode", await gateway.submit("coded", fault)
    else:
        operation, case = "enter", await gateway.submit("enter", scenario=fault)
    assert (await gateway.until_case(case, "closed"))["outcome"] == "granted"
    assert list(gateway.agencies.effects(agency, operation).values()) == [1]
    assert len(gateway.agencies.ledger(agency, operation)) == 1, "it was not sent again"
    assert history(await gateway.request(case)) == [("send", "unknown"), ("lookup", "completed")]


async def test_a_time_out_while_reading_is_looked_up_once_it_has_settled(gateway: Gateway) -> None:
    await gateway.agencies.fault("slowpoke", "slow=0.9s")  # longer than its time-out, shorter than what it takes to settle
    case = await gateway.submit("enter-slowly")
    await gateway.until_request(case, "in_doubt")
    await gateway.agencies.fault("slowpoke", "")
    await gateway.until_case(case, "closed")
    assert history(await gateway.request(case)) == [("send", "unknown"), ("lookup", "completed")]
    assert [(e.operation, e.effect) for e in gateway.agencies.ledger("slowpoke")] == [("enter", True), ("findEntry", False)]


@pytest.mark.parametrize("agency", ["registry", "codes"])
async def test_what_certainly_had_no_effect_is_sent_again_as_it_was(gateway: Gateway, agency: str) -> None:
    operation = "enter" if agency == "registry" else "assignCode"
    case = await (
        gateway.submit("enter", scenario="reset-before") if agency == "registry" else gateway.submit("coded", "reset-before")
    )
    await gateway.until_case(case, "closed")
    expected = [("send", "unknown"), ("lookup", "not_there"), ("send", "completed")]
    assert history(await gateway.request(case)) == expected
    first, second = gateway.agencies.ledger(agency, operation)
    assert (first.effect, second.effect) == (False, True)
    assert (first.message_id, first.body_sha256) == (second.message_id, second.body_sha256)


async def test_an_answer_that_the_contract_clears_is_retried(gateway: Gateway) -> None:
    case = await gateway.submit("post", scenario="busy")
    await gateway.until_case(case, "closed")
    assert history(await gateway.request(case)) == [("send", "retry_later")] * 2 + [("send", "completed")]


@pytest.mark.parametrize("fault", [*ANSWER_LOST, "reset-before", "error"])
async def test_an_idempotent_operation_is_sent_again_byte_for_byte(gateway: Gateway, fault: str) -> None:
    case = await gateway.submit("note", scenario=fault)
    await gateway.until_case(case, "closed")
    entries = gateway.agencies.ledger("registry", "note")
    assert len({(e.message_id, e.body_sha256) for e in entries}) == 1
    assert len(entries) == 2
    assert sum(gateway.agencies.effects("registry", "note").values()) == 1


@pytest.mark.parametrize("fault", ANSWER_LOST)
async def test_without_a_lookup_it_is_in_doubt_until_the_agency_calls_back(gateway: Gateway, fault: str) -> None:
    case = await gateway.submit("post", scenario=fault)
    request = await gateway.until_request(case, "in_doubt")
    incident = await gateway.until_incident("in_doubt", case=case)
    assert incident["detail"]["message_id"] == request["message_id"]
    assert (await gateway.case(case))["needs_attention"]
    body = {"callbackId": "later", "messageId": request["message_id"], "text": "posted"}
    status, _ = await gateway.call_back("registry", "Done", body)
    assert status == 202
    shown = await gateway.until_case(case, "closed")
    assert (shown["outcome"], shown["needs_attention"]) == ("granted", False)
    assert await gateway.incidents() == []
    assert len(gateway.agencies.ledger("registry", "post")) == 1, "it was never sent again"


@pytest.mark.parametrize(
    ("outcome", "decided"),
    [
        ({"outcome": "completed", "data": {"entry": "by telephone"}}, "granted"),
        ({"outcome": "refused", "code": "No", "reason": "not eligible"}, "refused"),
    ],
)
async def test_without_a_lookup_a_person_says_what_became_of_it(gateway: Gateway, outcome: dict[str, Any], decided: str) -> None:
    case = await gateway.submit("post", scenario="reset-after")
    await gateway.until_incident("in_doubt", case=case)
    await gateway.resolve_request((await gateway.request(case))["id"], outcome)
    assert (await gateway.until_case(case, "closed"))["outcome"] == decided
    (closed,) = await gateway.incidents(state="closed", case=case)
    assert (closed["kind"], closed["closed_by"]) == ("in_doubt", "operator:first")
    assert len(gateway.agencies.ledger("registry", "post")) == 1


async def test_absence_that_proves_nothing_is_for_a_person(gateway: Gateway) -> None:
    case = await gateway.submit("order", scenario="reset-before")
    await gateway.until_incident("in_doubt", case=case)
    request = await gateway.request(case)
    assert (request["status"], history(request)) == ("in_doubt", [("send", "unknown"), ("lookup", "not_there")])
    await gateway.post(f"/v1/requests/{request['id']}/retry")  # a person takes it upon themselves
    assert (await gateway.until_case(case, "closed"))["outcome"] == "granted"
    assert await gateway.incidents() == []


async def test_what_the_lookup_finds_accepted_is_waited_for(gateway: Gateway) -> None:
    case = await gateway.submit("order", scenario="reset-after")
    request = await gateway.until_request(case, "awaiting_reply")
    assert history(request)[1] == ("lookup", "accepted")
    body = {"callbackId": "1", "reference": request["reference"], "text": "ready"}
    assert (await gateway.call_back("registry", "Done", body))[0] == 202
    await gateway.until_case(case, "closed")
