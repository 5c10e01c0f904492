"""Agencies call back: early, twice, against what is known, about nothing, and as somebody else (DESIGN section 9)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import func, select

from gateway.storage import tables as t
from tests.path.gateway import Gateway
from tests.path.waiting import until


async def kept(gateway: Gateway) -> int:
    """How many callbacks stand in the inbox, whatever became of them."""
    async with gateway.core.store.db.read() as tx:
        return int((await tx.rows(select(func.count()).select_from(t.inbox)))[0][0])


async def states(gateway: Gateway) -> list[str]:
    async with gateway.core.store.db.read() as tx:
        return [row.state for row in await tx.rows(select(t.inbox.c.state))]


async def held_order(gateway: Gateway) -> tuple[str, dict[str, Any], str]:
    """An order whose answer is on its way: the case, its request, and the reference that the answer will bring."""
    gateway.agencies["registry"].hold()
    case = await gateway.submit("order", scenario="silent")
    await until(lambda: gateway.agencies["registry"].held == 1, "the agency has acted and not answered")
    request = await gateway.request(case)
    return case, request, f"E-{request['message_id'][24:]}"


async def test_one_that_overtakes_the_answer_is_kept_and_matched_later(gateway: Gateway) -> None:
    await gateway.agencies.fault("registry", "out-of-order=1")
    case = await gateway.submit("order")
    assert (await gateway.until_case(case, "closed"))["outcome"] == "granted"
    assert await states(gateway) == ["settled"]
    assert await gateway.incidents() == []


async def test_one_that_was_unmatched_waits_no_longer_once_it_is_applied(gateway: Gateway) -> None:
    case, _, reference = await held_order(gateway)
    body = {"callbackId": "early", "reference": reference, "text": "ready"}
    assert (await gateway.call_back("registry", "Done", body))[0] == 202

    async def unmatched() -> bool:
        return await states(gateway) == ["unmatched"]

    await until(unmatched, "it matches nothing yet")
    gateway.agencies["registry"].release()
    await gateway.until_case(case, "closed")
    assert await states(gateway) == ["settled"]  # and no timer is left: checked after every test


async def test_a_repeat_gets_its_first_answer_and_changes_nothing(gateway: Gateway) -> None:
    await gateway.agencies.fault("registry", "duplicate=1")
    case = await gateway.submit("order")
    await gateway.until_case(case, "closed")
    count = gateway.agencies["registry"].callbacks.count
    await until(lambda: count.delivered == 2, "both were taken")
    assert await kept(gateway) == 1
    before = await gateway.events(case)
    assert len([e for e in before if e["type"].startswith("uz.darcha.request.completed")]) == 1
    request = await gateway.request(case)
    body = {"callbackId": f"{request['message_id']}-Done", "reference": request["reference"], "text": "other words"}
    first = await gateway.call_back("registry", "Done", body)
    assert first == await gateway.call_back("registry", "Done", body)
    assert first[0] == 202
    assert await gateway.events(case) == before
    assert await gateway.incidents() == []


async def test_a_contradiction_of_what_is_finished_is_for_a_person(gateway: Gateway) -> None:
    case = await gateway.submit("order")
    await gateway.until_case(case, "closed")
    request = await gateway.request(case)
    body = {"callbackId": "no after all", "reference": request["reference"], "text": "a mistake of ours"}
    status, _ = await gateway.call_back("registry", "Declined", body)
    assert status == 202
    incident = await gateway.until_incident("contradiction", case=case)
    assert incident["detail"]["said"]["reason"] == "a mistake of ours"
    shown = await gateway.case(case)
    assert (shown["status"], shown["outcome"], shown["needs_attention"]) == ("closed", "granted", True)
    assert (await gateway.request(case))["status"] == "completed"
    (event,) = await gateway.events(case, "reply.contradicts")
    assert event["actor"] == "agency:registry"
    await gateway.post(f"/v1/incidents/{incident['id']}/resolve")
    assert (await gateway.case(case))["needs_attention"] is False


@pytest.mark.parametrize("settings", [{"unmatched_secs": 0.3}])
async def test_one_that_matches_nothing_is_an_incident_until_it_does(gateway: Gateway) -> None:
    case, _, reference = await held_order(gateway)
    body = {"callbackId": "early", "reference": reference, "text": "ready"}
    assert (await gateway.call_back("registry", "Done", body))[0] == 202
    await gateway.until_incident("unmatched_callback")
    assert (await gateway.request(case))["status"] == "released"
    gateway.agencies["registry"].release()
    await gateway.until_case(case, "closed")
    await gateway.until_calm()


@pytest.mark.parametrize("settings", [{"unmatched_secs": 0.3}])
async def test_one_that_never_matches_stays_an_incident(gateway: Gateway) -> None:
    body = {"callbackId": "whose?", "reference": "E-of-nobody", "text": "ready"}
    assert (await gateway.call_back("registry", "Done", body))[0] == 202
    await gateway.until_incident("unmatched_callback")
    assert await states(gateway) == ["unmatched"]


async def test_nobody_comes_in_without_the_agencys_credentials(gateway: Gateway) -> None:
    case, request, reference = await held_order(gateway)
    body = {"callbackId": "forged", "reference": reference, "messageId": request["message_id"], "text": "ready"}
    others = gateway.agencies.environ["DARCHA_SECRET_SLOWPOKE_CALLBACK"]
    for secret in ("wrong", others, "x" * 5000):
        status, answer = await gateway.call_back("registry", "Done", body, secret=secret)
        assert (status, json.loads(answer)["status"]) == (401, 401)
    assert (await gateway.call_back("registry", "Invented", body))[0] == 404
    assert await kept(gateway) == 0
    gateway.agencies["registry"].release()
    await gateway.until_request(case, "awaiting_reply")


async def test_an_agency_cannot_answer_for_another(gateway: Gateway) -> None:
    case = await gateway.submit("order", scenario="silent")
    request = await gateway.until_request(case, "awaiting_reply")
    for n, names in enumerate(({"reference": request["reference"]}, {"messageId": request["message_id"]})):
        status, _ = await gateway.call_back("slowpoke", "Done", {"callbackId": f"{n}", "text": "done", **names})
        assert status == 202

    async def looked_at() -> bool:
        return await states(gateway) == ["unmatched", "unmatched"]

    await until(looked_at, "both are kept and match nothing")
    assert (await gateway.request(case))["status"] == "awaiting_reply"


async def test_one_that_is_not_of_the_contract_is_refused(gateway: Gateway) -> None:
    for wrong, pointer in (({"text": "no id"}, ""), ({"callbackId": "1", "reference": 7}, "/reference")):
        status, answer = await gateway.call_back("registry", "Done", wrong)
        assert status == 400
        (error,) = json.loads(answer)["errors"]
        assert (error["code"], error["pointer"]) == ("schema", pointer)
    status, answer = await gateway.call_back("registry", "Done", {"callbackId": "1", "text": "names no request"})
    assert (status, json.loads(answer)["errors"][0]["code"]) == (400, "match")
    assert await kept(gateway) == 0


@pytest.mark.parametrize("first", ["Progress", "Offer"])
async def test_one_by_our_message_id_before_the_answer_does_not_hide_the_reference(gateway: Gateway, first: str) -> None:
    """The answer then comes second, and brings the reference that all later callbacks name."""
    case, request, reference = await held_order(gateway)
    early = {"callbackId": "early", "messageId": request["message_id"], "text": "working on it"}
    assert (await gateway.call_back("registry", first, early))[0] == 202
    await gateway.until_event(case, "request.progressed" if first == "Progress" else "request.needs_applicant")
    gateway.agencies["registry"].release()
    done = {"callbackId": "late", "reference": reference, "text": "ready"}
    assert (await gateway.call_back("registry", "Done", done))[0] == 202
    shown = await gateway.until_case(case, "closed")
    assert shown["outcome"] == "granted"


@pytest.mark.parametrize("standing", ["ready", "released"])
@pytest.mark.parametrize("late", ["Progress", "Offer"])
async def test_a_late_word_about_an_answered_offer_does_not_stand_for_the_answer(
    gateway: Gateway, late: str, standing: str
) -> None:
    """It names the reference of the message before. The one that carries the applicant's answer is sent all the same, gets a
    reference of its own, and is told of by that."""
    case = await gateway.submit("order", scenario="offer")
    old = await gateway.until_request(case, "awaiting_applicant")
    if standing == "ready":
        await gateway.stop_roles("dispatcher")
    else:
        gateway.agencies["registry"].hold()
    await gateway.client.supplement(case, {"step": "entry", "data": {"answer": "yes"}, "documents": []})
    if standing == "released":
        await until(lambda: gateway.agencies["registry"].held == 1, "the agency has the answer and has not said so")
    body = {"callbackId": "late", "reference": old["reference"], "text": "what was so before"}
    assert (await gateway.call_back("registry", late, body))[0] == 202

    async def claimed() -> bool:
        async with gateway.core.store.db.read() as tx:
            found = await tx.rows(select(t.inbox).where(t.inbox.c.key == f"{late}:late"))
        return bool(found[0].next_at > found[0].received_at)

    await until(claimed, "the tracker looks at it")
    await gateway.stop_roles("tracker")  # having done with it
    assert (await gateway.request(case))["status"] == standing
    gateway.agencies["registry"].release()
    await gateway.start_roles("tracker", *(["dispatcher"] if standing == "ready" else []))
    assert (await gateway.until_case(case, "closed"))["outcome"] == "granted"
    assert list(gateway.agencies.effects("registry", "order").values()) == [1, 1]

    async def settled() -> bool:
        return set(await states(gateway)) == {"settled"}

    await until(settled, "the late word is kept with the message that it was about")
    (told,) = await gateway.events(case, "reply.recorded")
    assert (told["data"]["request"], told["actor"]) == (old["id"], "agency:registry")
    assert await gateway.incidents() == []


async def test_they_are_applied_in_the_order_in_which_they_came(gateway: Gateway) -> None:
    """The first two have waited for their reference; they are older than the third, which matches at once."""
    case, _, reference = await held_order(gateway)
    for name in ("Progress", "Offer"):
        body = {"callbackId": name, "reference": reference, "text": name}
        assert (await gateway.call_back("registry", name, body))[0] == 202

    async def unmatched() -> bool:
        return await states(gateway) == ["unmatched"] * 2

    await until(unmatched, "both match nothing yet")
    await gateway.stop_roles("tracker")
    gateway.agencies["registry"].release()
    await gateway.start_roles("tracker of replies")
    await gateway.until_request(case, "awaiting_reply")
    done = {"callbackId": "Done", "reference": reference, "text": "ready"}
    assert (await gateway.call_back("registry", "Done", done))[0] == 202
    await gateway.start_roles("tracker of callbacks")
    await gateway.until_case(case, "closed")
    told = [e["type"].split(".")[3] for e in await gateway.events(case) if e["actor"] == "agency:registry"]
    assert told == ["progressed", "needs_applicant", "completed"]


async def test_progress_is_kept_and_shown(gateway: Gateway) -> None:
    case = await gateway.submit("order", scenario="progress")
    await gateway.until_case(case, "closed")
    (event,) = await gateway.events(case, "request.progressed")
    assert event["actor"] == "agency:registry"
    data = (await gateway.request(case))["data"]
    assert data["progress"]["code"] == "working"
    assert data["text"] == "Done said"


async def test_an_agency_that_stays_silent_is_an_incident_and_may_still_answer(gateway: Gateway) -> None:
    case = await gateway.submit("order-narrow", scenario="silent")
    await gateway.until_incident("no_reply", case=case)
    request = await gateway.request(case)
    assert request["status"] == "awaiting_reply"
    body = {"callbackId": "late", "reference": request["reference"], "text": "ready at last"}
    assert (await gateway.call_back("narrow", "Done", body))[0] == 202
    await gateway.until_case(case, "closed")
    await gateway.until_calm()


async def test_one_that_only_repeats_that_it_has_our_message_is_silent(gateway: Gateway) -> None:
    """The lookup finds the order accepted, again and again."""
    case = await gateway.submit("order-narrow", scenario="reset-after")
    await gateway.until_event(case, "request.accepted")
    await gateway.until_incident("no_reply", case=case)
    request = await gateway.request(case)
    assert request["status"] == "awaiting_reply"
    body = {"callbackId": "late", "reference": request["reference"], "text": "ready at last"}
    assert (await gateway.call_back("narrow", "Done", body))[0] == 202
    await gateway.until_case(case, "closed")
    await gateway.until_calm()
