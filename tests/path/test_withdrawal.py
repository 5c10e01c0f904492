"""An applicant withdraws: before anything was sent, while an agency acts, while something is asked of the applicant."""

from __future__ import annotations

from tests.path.gateway import Gateway
from tests.path.waiting import until


async def test_before_anything_was_sent(gateway: Gateway) -> None:
    await gateway.post("/v1/agencies/registry/pause")
    case = await gateway.submit("chain")
    await gateway.until_request(case, "ready")
    shown = await gateway.client.withdraw(case, "changed my mind")
    assert shown["status"] == "withdrawn"
    assert {r["status"] for r in await gateway.requests(case)} == {"cancelled"}
    await gateway.post("/v1/agencies/registry/resume")
    other = await gateway.submit("enter")
    await gateway.until_case(other, "closed")
    assert len(gateway.agencies.ledger("registry")) == 1
    assert await gateway.incidents() == []


async def test_what_is_released_finishes_first_and_its_effect_is_for_a_person(gateway: Gateway) -> None:
    gateway.agencies["registry"].hold()
    case = await gateway.submit("chain")
    await until(lambda: gateway.agencies["registry"].held == 1, "the agency acts")
    shown = await gateway.client.withdraw(case, "changed my mind")
    assert (shown["status"], shown["withdrawing"]) == ("in_progress", True)
    assert (await gateway.request(case, "second"))["status"] == "cancelled"
    gateway.agencies["registry"].release()
    await gateway.until_case(case, "withdrawn")
    assert (await gateway.request(case))["status"] == "completed"
    incident = await gateway.until_incident("effect_to_undo", case=case)
    assert gateway.agencies.ledger("slowpoke") == []
    again = await gateway.refusal("POST", f"/v1/cases/{case}/withdraw", {"reason": "again"})
    assert again.status == 409
    await gateway.post(f"/v1/incidents/{incident['id']}/resolve", {"reason": "the entry was struck out by letter"})


async def test_a_withdrawn_case_does_not_go_on_with_what_failed(gateway: Gateway) -> None:
    """RetryLater after the withdrawal: nothing was done, so nothing is done."""
    await gateway.agencies.stop("registry")
    case = await gateway.submit("post")

    async def tried() -> bool:
        return len((await gateway.request(case))["history"]) >= 1

    await until(tried, "it was tried")
    await gateway.client.withdraw(case, "changed my mind")
    await gateway.until_case(case, "withdrawn")
    await gateway.agencies.start("registry")
    await gateway.until_case(await gateway.submit("note"), "closed")
    assert gateway.agencies.ledger("registry", "post") == []


async def test_what_an_agency_has_accepted_is_waited_for(gateway: Gateway) -> None:
    case = await gateway.submit("order", scenario="silent")
    request = await gateway.until_request(case, "awaiting_reply")
    shown = await gateway.client.withdraw(case, "changed my mind")
    assert (shown["status"], shown["withdrawing"]) == ("in_progress", True)
    body = {"callbackId": "1", "reference": request["reference"], "text": "cancelled on your wish"}
    assert (await gateway.call_back("registry", "Declined", body))[0] == 202
    await gateway.until_case(case, "withdrawn")
    assert await gateway.incidents() == [], "the agency has done nothing that would have to be undone"


async def test_one_in_doubt_is_cleared_up_before_it_is_withdrawn(gateway: Gateway) -> None:
    case = await gateway.submit("post", scenario="reset-after")
    await gateway.until_incident("in_doubt", case=case)
    shown = await gateway.client.withdraw(case, "changed my mind")
    assert (shown["status"], shown["withdrawing"]) == ("in_progress", True)
    await gateway.resolve_request((await gateway.request(case))["id"], {"outcome": "completed", "data": {}})
    await gateway.until_case(case, "withdrawn")
    await gateway.until_incident("effect_to_undo", case=case)


async def test_while_something_is_asked_of_the_applicant(gateway: Gateway) -> None:
    case = await gateway.submit("after-refuse", scenario="missing", until="2036-01-01T00:00:00+00:00")
    await gateway.until_request(case, "awaiting_applicant")
    shown = await gateway.client.withdraw(case, "changed my mind")
    assert shown["status"] == "withdrawn"
    assert (await gateway.request(case))["status"] == "cancelled"
    await gateway.until_incident("effect_to_undo", case=case)  # the agency holds an application that is not idempotent


async def test_a_decided_case_cannot_be_withdrawn(gateway: Gateway) -> None:
    case = await gateway.submit("handed")
    await gateway.until_request(case, "awaiting_reply", step="hand-over")
    refused = await gateway.refusal("POST", f"/v1/cases/{case}/withdraw", {"reason": "too late"})
    assert refused.status == 409
    task = await gateway.request(case, "hand-over")
    await gateway.client.answer_desk(task["id"], {"outcome": {"outcome": "completed", "data": {}}})
    await gateway.until_case(case, "closed")
