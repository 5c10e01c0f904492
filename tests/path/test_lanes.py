"""Lanes that pause: by an operator, by wrong credentials; and in which order a backlog drains."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web

from gateway.sdk.simulator import Simulator
from tests.path.gateway import Gateway
from tests.path.waiting import until

TOKEN = "DARCHA_SECRET_REGISTRY_TOKEN"


def guard(simulator: Simulator, token: str, *, probes: bool) -> None:
    """Let the agency refuse (401) calls, and ``probes`` too, that do not carry the token."""
    usual = simulator.other

    def other(request: web.BaseRequest) -> web.Response | None:
        wrong = request.headers.get("Authorization") != f"Bearer {token}"
        if wrong and (probes or request.method == "POST"):
            return web.json_response({"code": "Token"}, status=401)
        return usual(request)

    simulator.other = other  # type: ignore[method-assign]


async def test_a_paused_agency_is_released_nothing_until_it_is_resumed(gateway: Gateway) -> None:
    shown = await gateway.post("/v1/agencies/registry/pause", {"reason": "maintenance announced by telephone"})
    assert (shown["lanes"][0]["paused"], shown["lanes"][0]["paused_by"]) == (True, "operator:first")
    waiting = [await gateway.submit("enter") for _ in range(3)]
    other = await gateway.submit("enter-slowly")
    await gateway.until_case(other, "closed")
    for case in waiting:
        request = await gateway.request(case)
        assert (request["status"], request["attempts"]) == ("ready", 0)
        assert await gateway.events(case, "request.released") == []
    lane = await gateway.lane("registry")
    assert (lane["ready"], lane["in_flight"]) == (3, 0)
    assert await gateway.incidents() == [], "somebody has paused it: nobody has to be called"
    await gateway.post("/v1/agencies/registry/resume")
    for case in waiting:
        await gateway.until_case(case, "closed")


async def test_what_was_released_before_the_pause_finishes(gateway: Gateway) -> None:
    gateway.agencies["registry"].hold()
    case = await gateway.submit("enter")
    await until(lambda: gateway.agencies["registry"].held == 1, "it is at the agency")
    await gateway.post("/v1/agencies/registry/pause")
    gateway.agencies["registry"].release()
    await gateway.until_case(case, "closed")


async def test_wrong_credentials_pause_the_lane_when_the_probe_agrees(gateway: Gateway) -> None:
    guard(gateway.agencies["registry"], "rotated", probes=True)
    cases = [await gateway.submit("enter") for _ in range(4)]

    async def paused() -> bool:
        return bool((await gateway.lane("registry"))["paused"])

    await until(paused, "the lane has paused itself")
    (incident,) = await gateway.incidents()
    assert (incident["kind"], incident["lane"]) == ("lane_misconfigured", "registry")
    await gateway.until_case(await gateway.submit("enter-slowly"), "closed")
    gateway.agencies.environ[TOKEN] = "rotated"
    await gateway.post("/v1/agencies/registry/resume", {"reason": "the new token is in place"})
    for case in cases:
        await gateway.until_case(case, "closed")
        request = await gateway.request(case)
        outcomes = [h["outcome"] for h in request["history"]]
        assert set(outcomes[:-1]) <= {"misconfigured"}
        assert (outcomes[-1], request["attempts"]) == ("completed", 1), "no attempt was spent"
    assert await gateway.incidents() == []
    assert [i["close_reason"] for i in await gateway.incidents(state="closed")] == ["the new token is in place"]


async def test_without_a_probe_three_different_requests_have_to_say_so(gateway: Gateway) -> None:
    guard(gateway.agencies["registry"], "rotated", probes=False)
    first = await gateway.submit("enter")

    async def tried(case: str, times: int) -> bool:
        return len((await gateway.request(case))["history"]) >= times

    await until(lambda: tried(first, 4), "one request was refused four times")
    assert not (await gateway.lane("registry"))["paused"], "one request may be wrong by itself"
    second = await gateway.submit("enter")
    await until(lambda: tried(second, 1), "a second one is refused")
    assert not (await gateway.lane("registry"))["paused"]
    third = await gateway.submit("enter")
    await gateway.until_incident("lane_misconfigured")
    assert (await gateway.lane("registry"))["paused"]
    gateway.agencies.environ[TOKEN] = "rotated"
    await gateway.post("/v1/agencies/registry/resume")
    for case in (first, second, third):
        await gateway.until_case(case, "closed")
        assert (await gateway.request(case))["attempts"] == 1
    assert await gateway.incidents() == []


@pytest.mark.parametrize("service", ["paid", "enter-narrow"])
async def test_a_backlog_drains_in_the_order_of_the_law(gateway: Gateway, service: str) -> None:
    """The term starts with the payment. ``paid`` waits for it; of ``enter-narrow`` the deadline changes while it is ready."""
    await gateway.stop_roles("clock")  # a case that another role has under its lock is passed over, and comes next
    await gateway.post("/v1/agencies/narrow/pause")
    cases = [await gateway.submit(service, f"entry {n}") for n in range(6)]
    weeks_ago = {0: 3, 1: 5, 2: 0, 3: 4, 4: 1, 5: 2}
    now = datetime.now(UTC)
    for place, weeks in weeks_ago.items():
        await gateway.pay(cases[place], (now - timedelta(weeks=weeks, minutes=1)).isoformat())
    due = {}
    for case in cases:
        request = await gateway.until_request(case, "ready")
        shown = await gateway.case(case)
        assert request["due_at"] == shown["due_at"], "a request serves the deadline of its case"
        due[request["message_id"]] = request["due_at"]
    await gateway.post("/v1/agencies/narrow/resume")
    for case in cases:
        await gateway.until_case(case, "closed")
    served = [e.message_id for e in gateway.agencies.ledger("narrow", "enter")]
    assert served == sorted(due, key=lambda m: due[m])
