"""Clocks and deadlines: they fire, they tell somebody, and no restart forgets them (promises 5 and 7)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp import web
from sqlalchemy import select

from gateway.storage import tables as t
from tests.path.gateway import ROLES, Gateway
from tests.path.waiting import until

#: Alerts that gather nothing before they are told.
AT_ONCE = {"alert_wait_secs": 0, "alert_unsure_secs": 0}
LONG_AGO = (datetime.now(UTC) - timedelta(days=60)).isoformat()


@dataclass
class Receiver:
    """Where alerts go. ``works`` says whether it takes them."""

    url: str = ""
    works: bool = True
    refused: int = 0
    taken: list[dict[str, Any]] = field(default_factory=list)

    async def take(self, request: web.Request) -> web.Response:
        if not self.works:
            self.refused += 1
            return web.Response(status=503)
        self.taken.append(await request.json())
        return web.Response()


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    made = Receiver()
    app = web.Application()
    app.router.add_post("/", made.take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.url = f"json://127.0.0.1:{runner.addresses[0][1]}/"
    yield made
    await runner.cleanup()


async def alerts(gateway: Gateway) -> list[Any]:
    async with gateway.core.store.db.read() as tx:
        return list(await tx.rows(select(t.deliveries).where(t.deliveries.c.kind == "notice")))


def soon(secs: float) -> str:
    return (datetime.now(UTC) + timedelta(seconds=secs)).isoformat()


async def test_a_clock_warns_and_is_breached_and_people_are_told(
    idle: Gateway, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.application.notify.ALERT_SCHEDULE", (0.1,) * 100)
    idle.overrides = AT_ONCE | {"alert_urls": receiver.url}
    receiver.works = False
    await idle.start()
    case = await idle.submit("late", scenario="silent")
    await idle.until_request(case, "awaiting_reply")
    await idle.pay(case, LONG_AGO)
    breach = await idle.until_incident("clock_breached", case=case)
    (warning,) = await idle.incidents("clock_warning", case=case)
    assert warning["detail"]["waiting_on"] == breach["detail"]["waiting_on"] == [{"holder": "agency:registry", "what": "entry"}]
    (clock,) = (await idle.client.call("GET", f"/v1/cases/{case}/clocks"))["items"]
    assert clock["state"] == "breached"
    assert (await idle.case(case))["status"] == "in_progress", "the case goes on: a breach is no status"
    await until(lambda: receiver.refused >= 3, "the alerts are tried again")
    receiver.works = True

    async def delivered() -> bool:
        return {row.state for row in await alerts(idle)} == {"delivered"}

    await until(delivered, "both alerts are delivered")
    assert len(receiver.taken) == 2
    assert all(row.attempts > 1 for row in await alerts(idle))
    request = await idle.request(case)
    body = {"callbackId": "late", "reference": request["reference"], "text": "at last"}
    assert (await idle.call_back("registry", "Done", body))[0] == 202
    await idle.until_case(case, "closed")
    (clock,) = (await idle.client.call("GET", f"/v1/cases/{case}/clocks"))["items"]
    assert clock["state"] == "met_late"
    assert [i["kind"] for i in await idle.incidents(case=case)] == ["clock_breached"], "a breach stays for a person to close"


async def test_alerts_without_an_address_are_skipped_and_say_so(idle: Gateway) -> None:
    idle.overrides = AT_ONCE
    await idle.start()
    gateway = idle
    case = await gateway.submit("post", scenario="reset-after")
    incident = await gateway.until_incident("in_doubt", case=case)

    async def skipped() -> bool:
        return [(row.state, row.attempts) for row in await alerts(gateway)] == [("skipped", 1)]

    await until(skipped, "the alert is settled")
    assert "DARCHA_ALERT_URLS" in (await alerts(gateway))[0].error
    assert incident["state"] == "open"


async def test_the_first_repeat_of_an_alert_comes_after_the_first_time_of_the_schedule(
    idle: Gateway, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.application.notify.ALERT_SCHEDULE", (0.1, 3600))
    idle.overrides = AT_ONCE | {"alert_urls": receiver.url}
    receiver.works = False
    await idle.start()
    case = await idle.submit("post", scenario="reset-after")
    await idle.until_incident("in_doubt", case=case)
    await until(lambda: receiver.refused == 2, "it is tried again after 0.1 s")

    async def waits() -> bool:
        (row,) = await alerts(idle)
        later = datetime.now(UTC) + timedelta(minutes=50)
        return (row.state, row.attempts) == ("pending", 2) and bool(row.next_at > later)

    await until(waits, "then it waits for an hour")


async def test_an_alert_that_nobody_ever_takes_is_an_incident(
    idle: Gateway, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.application.notify.ALERT_SCHEDULE", (0.05, 0.05))
    idle.overrides = AT_ONCE | {"alert_urls": receiver.url}
    receiver.works = False
    await idle.start()
    case = await idle.submit("post", scenario="reset-after")
    await idle.until_incident("in_doubt", case=case)
    incident = await idle.until_incident("exhausted")
    assert incident["detail"]["kind"] == "notice"


async def test_a_restart_forgets_no_clock(gateway: Gateway) -> None:
    case = await gateway.submit("late", scenario="silent")
    await gateway.until_request(case, "awaiting_reply")
    await gateway.stop_roles("clock")
    await gateway.pay(case, LONG_AGO)
    await gateway.restart()
    await gateway.until_incident("clock_breached", case=case)


async def test_the_applicants_deadline_passes_although_the_gateway_was_down(gateway: Gateway) -> None:
    rules = {"refuse": "refused", "return": "returned", "go-on": "partly_granted"}
    until_ = soon(1.5)
    cases = {rule: await gateway.submit(f"after-{rule}", scenario="missing", until=until_) for rule in rules}
    for case in cases.values():
        await gateway.until_request(case, "awaiting_applicant")
        assert (await gateway.case(case))["waiting_on"][0]["holder"] == "applicant"
    await gateway.restart()
    for rule, case in cases.items():
        assert (await gateway.until_case(case, "closed"))["outcome"] == rules[rule]
        assert await gateway.events(case, "applicant.deadline_passed")
    assert await gateway.incidents() == []


async def test_a_deadline_for_a_person_leaves_the_applicant_free_to_act(gateway: Gateway) -> None:
    case = await gateway.submit("after-incident", scenario="missing", until=soon(0.3))
    await gateway.until_incident("applicant_deadline", case=case)
    assert (await gateway.case(case))["status"] == "awaiting_applicant"
    await gateway.client.supplement(case, {"step": "entry", "data": {"certificate": "MT-1"}, "documents": []})
    assert (await gateway.until_case(case, "closed"))["outcome"] == "granted"
    await gateway.until_calm()


async def test_a_supplement_in_time_supersedes_the_request(gateway: Gateway) -> None:
    case = await gateway.submit("after-refuse", scenario="missing", until=soon(3600))
    old = await gateway.until_request(case, "awaiting_applicant")
    await gateway.client.supplement(case, {"step": "entry", "data": {"certificate": "MT-1"}, "documents": []})
    assert (await gateway.until_case(case, "closed"))["outcome"] == "granted"
    new = await gateway.request(case)
    assert (new["supersedes"], new["message_id"] == old["message_id"]) == (old["id"], False)
    assert [e.effect for e in gateway.agencies.ledger("registry", "enter")] == [False, True]
    given = (await gateway.client.call("GET", f"/v1/cases/{case}/disclosures"))["items"]
    assert [d["request"] for d in given] == [old["id"], new["id"]]


@pytest.mark.parametrize("settings", [{"send_within_secs": 600.0}])
async def test_a_restart_in_the_middle_of_everything_loses_nothing(gateway: Gateway) -> None:
    """Workers die with what they hold; the process starts again on the same database, in-process with empty queues.

    No lease of the last run ends by its time: the new process ends them, or the broker delivers again.
    """
    registry = gateway.agencies["registry"]
    registry.hold()
    cases = [await gateway.submit(service) for service in ("enter", "note", "chain", "coded") for _ in range(2)]
    await until(lambda: registry.held == 4, "the lane is full")
    await gateway.kill_worker(connection_first=True)
    await gateway.stop()
    registry.release()
    await gateway.start()
    for case in cases:
        assert (await gateway.until_case(case, "closed"))["outcome"] == "granted"
    assert await gateway.incidents() == []
    assert set(gateway.agencies.effects("registry").values()) == {1}


async def test_roles_start_in_any_order(idle: Gateway) -> None:
    await idle.start("api")
    cases = [await idle.submit(service) for service in ("enter", "order", "chain")]
    for role in reversed([r for r in ROLES if r != "api"]):
        await idle.start_roles(role)
    for case in cases:
        await idle.until_case(case, "closed")
