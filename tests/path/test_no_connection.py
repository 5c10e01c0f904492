"""An agency that cannot be reached: retried until it is back, and nobody else is held up (promise 6)."""

from __future__ import annotations

from tests.path.gateway import Gateway
from tests.path.waiting import until


async def test_a_refused_connection_is_retried_until_the_agency_is_back(gateway: Gateway) -> None:
    await gateway.agencies.stop("registry")
    waiting = [await gateway.submit("post") for _ in range(3)]

    async def rests() -> bool:
        lane = await gateway.lane("registry")
        return lane["failures"] >= 3 and lane["rests_until"] is not None

    await until(rests, "the lane rests")
    others = [await gateway.submit("enter-slowly"), await gateway.submit("coded")]
    for case in others:
        await gateway.until_case(case, "closed")
    for case in waiting:
        shown = await gateway.case(case)
        assert (shown["status"], shown["waiting_on"][0]["holder"]) == ("in_progress", "transport") or shown["steps"][0][
            "status"
        ] == "released"
    await gateway.agencies.start("registry")
    for case in waiting:
        await gateway.until_case(case, "closed")
        outcomes = [h["outcome"] for h in (await gateway.request(case))["history"]]
        assert outcomes[-1] == "completed"
        assert set(outcomes[:-1]) <= {"retry_later"}, "no byte left, so nothing is in doubt"
    assert len(gateway.agencies.ledger("registry", "post")) == 3

    async def healed() -> bool:
        lane = await gateway.lane("registry")
        return lane["failures"] == 0 and lane["rests_until"] is None

    await until(healed, "the lane's breaker is clean")


async def test_what_was_tried_to_exhaustion_is_parked_with_an_incident(gateway: Gateway) -> None:
    await gateway.agencies.stop("narrow")
    case = await gateway.submit("note-narrow")
    request = await gateway.until_request(case, "parked")
    assert request["attempts"] == 2
    incident = await gateway.until_incident("exhausted", case=case)
    assert incident["request"] == request["id"]
    await gateway.agencies.start("narrow")
    await gateway.post(f"/v1/requests/{request['id']}/retry")
    shown = await gateway.until_case(case, "closed")
    assert not shown["needs_attention"]
    assert await gateway.incidents() == []


async def test_an_agency_that_answers_nobody_holds_up_no_other(gateway: Gateway) -> None:
    gateway.agencies["registry"].hold()
    stuck = [await gateway.submit("note") for _ in range(8)]
    await until(lambda: gateway.agencies["registry"].held >= 4, "the lane is full")
    others = [await gateway.submit("enter-slowly") for _ in range(8)]
    for case in others:
        await gateway.until_case(case, "closed")
    gateway.agencies["registry"].release()
    for case in stuck:
        await gateway.until_case(case, "closed")
    assert sorted(gateway.agencies.effects("registry").values()) == [1] * 8
