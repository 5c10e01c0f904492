"""One effect at most, whatever breaks between the gateway and an agency (promise 3).

That no message has had two effects, and each was the same bytes every time, is checked after every test of the suite.
"""

from __future__ import annotations

from typing import Any

import pytest

from gateway.sdk.simulator import Entry
from tests.path.gateway import Gateway

#: The agency has acted, and its answer was lost or could not be read.
ANSWER_LOST = ("reset-after", "error-after", "malformed")


def history(request: dict[str, Any]) -> list[tuple[str, str]]:
    return [(h["work"], h["outcome"]) for h in request["history"]]


async def submitted(gateway: Gateway, service: str, faults: tuple[str, ...]) -> dict[str, str]:
    """Return a case of the service for each fault. SOAP's contract has no scenario: there the name of the enterprise says it."""
    if service == "coded":
        return {fault: await gateway.submit(service, fault) for fault in faults}
    return {fault: await gateway.submit(service, scenario=fault) for fault in faults}


OPERATIONS = pytest.mark.parametrize(
    ("service", "agency", "operation"), [("enter", "registry", "enter"), ("coded", "codes", "assignCode")], ids=["rest", "soap"]
)


def entries(gateway: Gateway, agency: str, operation: str, request: dict[str, Any]) -> list[Entry]:
    return [e for e in gateway.agencies.ledger(agency, operation) if e.message_id == request["message_id"]]


@OPERATIONS
async def test_a_lost_answer_is_looked_up(gateway: Gateway, service: str, agency: str, operation: str) -> None:
    for fault, case in (await submitted(gateway, service, ANSWER_LOST)).items():
        assert (await gateway.until_case(case, "closed"))["outcome"] == "granted"
        request = await gateway.request(case)
        assert history(request) == [("send", "unknown"), ("lookup", "completed")], fault
        assert [e.effect for e in entries(gateway, agency, operation, request)] == [True], f"{fault}: it was not sent again"


async def test_a_time_out_while_reading_is_looked_up_once_it_has_settled(gateway: Gateway) -> None:
    await gateway.agencies.fault("slowpoke", "slow=0.9s")  # longer than its time-out, shorter than what it takes to settle
    case = await gateway.submit("enter-slowly")
    await gateway.until_request(case, "in_doubt")
    await gateway.agencies.fault("slowpoke", "")
    await gateway.until_case(case, "closed")
    assert history(await gateway.request(case)) == [("send", "unknown"), ("lookup", "completed")]
    assert [(e.operation, e.effect) for e in gateway.agencies.ledger("slowpoke")] == [("enter", True), ("findEntry", False)]


@OPERATIONS
async def test_what_certainly_had_no_effect_is_sent_again_as_it_was(
    gateway: Gateway, service: str, agency: str, operation: str
) -> None:
    (case,) = (await submitted(gateway, service, ("reset-before",))).values()
    await gateway.until_case(case, "closed")
    request = await gateway.request(case)
    assert history(request) == [("send", "unknown"), ("lookup", "not_there"), ("send", "completed")]
    first, second = entries(gateway, agency, operation, request)
    assert (first.effect, second.effect) == (False, True)
    assert first.body_sha256 == second.body_sha256


async def test_an_answer_that_the_contract_clears_is_retried(gateway: Gateway) -> None:
    case = await gateway.submit("post", scenario="busy")
    await gateway.until_case(case, "closed")
    assert history(await gateway.request(case)) == [("send", "retry_later")] * 2 + [("send", "completed")]


async def test_an_idempotent_operation_is_sent_again_byte_for_byte(gateway: Gateway) -> None:
    for fault, case in (await submitted(gateway, "note", (*ANSWER_LOST, "reset-before", "error"))).items():
        await gateway.until_case(case, "closed")
        sent = entries(gateway, "registry", "note", await gateway.request(case))
        assert (len(sent), len({e.body_sha256 for e in sent}), sum(e.effect for e in sent)) == (2, 1, 1), fault


async def test_without_a_lookup_it_is_in_doubt_until_the_agency_calls_back(gateway: Gateway) -> None:
    cases = await submitted(gateway, "post", ANSWER_LOST)
    for fault, case in cases.items():
        request = await gateway.until_request(case, "in_doubt")
        incident = await gateway.until_incident("in_doubt", case=case)
        assert incident["detail"]["message_id"] == request["message_id"]
        assert (await gateway.case(case))["needs_attention"]
        body = {"callbackId": f"after {fault}", "messageId": request["message_id"], "text": "posted"}
        assert (await gateway.call_back("registry", "Done", body))[0] == 202
        shown = await gateway.until_case(case, "closed")
        assert (shown["outcome"], shown["needs_attention"]) == ("granted", False)
        assert len(entries(gateway, "registry", "post", request)) == 1, f"{fault}: it was never sent again"
    # The lane's own incident may stand: its breaker opened on the lost answers, and nothing has been sent there since.
    assert [incident for incident in await gateway.incidents() if incident["kind"] != "lane_down"] == []


async def test_without_a_lookup_a_person_says_what_became_of_it(gateway: Gateway) -> None:
    outcomes: dict[str, dict[str, Any]] = {
        "granted": {"outcome": "completed", "data": {"entry": "by telephone"}},
        "refused": {"outcome": "refused", "code": "No", "reason": "not eligible"},
    }
    for decided, outcome in outcomes.items():
        case = await gateway.submit("post", scenario="reset-after")
        await gateway.until_incident("in_doubt", case=case)
        request = await gateway.request(case)
        await gateway.resolve_request(request["id"], outcome)
        assert (await gateway.until_case(case, "closed"))["outcome"] == decided
        (closed,) = await gateway.incidents(state="closed", case=case)
        assert (closed["kind"], closed["closed_by"]) == ("in_doubt", "operator:first")
        assert len(entries(gateway, "registry", "post", request)) == 1


async def test_absence_that_proves_nothing_is_for_a_person(gateway: Gateway) -> None:
    case = await gateway.submit("order", scenario="reset-before")
    await gateway.until_incident("in_doubt", case=case)
    request = await gateway.request(case)
    assert (request["status"], history(request)) == ("in_doubt", [("send", "unknown"), ("lookup", "not_there")])
    # A person has asked the agency and takes it upon themselves.
    await gateway.resolve_request(request["id"], {"outcome": "not_there", "reason": "nothing there"})
    assert (await gateway.until_case(case, "closed"))["outcome"] == "granted"
    assert await gateway.incidents() == []


async def test_what_the_lookup_finds_accepted_is_waited_for(gateway: Gateway) -> None:
    case = await gateway.submit("order", scenario="reset-after")
    request = await gateway.until_request(case, "awaiting_reply")
    assert history(request)[1] == ("lookup", "accepted")
    body = {"callbackId": "1", "reference": request["reference"], "text": "ready"}
    assert (await gateway.call_back("registry", "Done", body))[0] == 202
    await gateway.until_case(case, "closed")
