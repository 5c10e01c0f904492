"""Webhooks on the whole gateway: real receivers that verify with the reference library, and what their failures lead to."""

from __future__ import annotations

import asyncio
import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gateway.application.reads import Client
from gateway.client import GatewayClient, GatewayRefused, verify
from gateway.domain.webhook import FAILURES
from gateway.security.keys import hash_key
from tests.path.catalogue import application
from tests.path.gateway import Gateway
from tests.path.receivers import Came, Receiver, receiver
from tests.path.waiting import until

OPEN = {"webhook_allow": "127.0.0.1", "webhook_timeout_secs": 60.0}
pytestmark = pytest.mark.parametrize("settings", [OPEN], ids=[""])


async def sequences(gateway: Gateway, case: str) -> list[int]:
    return [int(e["sequence"]) for e in await gateway.events(case)]


async def until_told(gateway: Gateway, one: Receiver, case: str) -> None:
    """Wait until the receiver has every event of the case, and compare."""
    wanted = await sequences(gateway, case)
    await until(lambda: len(one.sequences(case)) >= len(wanted), f"all {len(wanted)} events of the case have come")
    assert one.sequences(case) == wanted, "every event, in order"


async def settled(gateway: Gateway, webhook: str, state: str, count: int) -> list[Any]:
    """Wait until so many deliveries are in that state."""

    async def there() -> list[Any]:
        found = await gateway.client.webhooks.deliveries(webhook, state)
        return found if len(found) >= count else []

    found: list[Any] = await until(there, f"{count} deliveries are {state}")
    return found


async def test_every_event_comes_signed_in_order_and_once(gateway: Gateway) -> None:
    async with receiver() as one:
        made = await one.subscribe(gateway)
        cases = await asyncio.gather(*(gateway.submit(s) for s in ("enter", "order", "chain", "note") for _ in range(3)))
        for case in cases:
            await gateway.until_case(case, "closed")
            await until_told(gateway, one, case)
        assert all(c.event is not None for c in one.came), "the reference library believes each"
        assert len({c.id for c in one.came}) == len(one.came), "none came twice"
        events = {e["id"]: e for case in cases for e in await gateway.events(case)}
        for came in one.came:
            assert came.headers["Content-Type"] == "application/cloudevents+json"
            event = verify(came.body, came.headers, made["secret"])
            shown = events[event["id"]]
            assert {k: v for k, v in event.items() if k not in ("sequence", "time")} == {
                k: shown[k] for k in event if k not in ("sequence", "time")
            }
        done = await settled(gateway, made["id"], "delivered", len(events))
        assert {d["message"] for d in done} == {c.id for c in one.came} and {d["attempts"] for d in done} == {1}


async def test_only_what_was_asked_for_of_ones_own_cases(gateway: Gateway) -> None:
    async with receiver() as mine, receiver() as theirs:
        key = secrets.token_hex(16)
        await gateway.core.store.add_key(hash_key(key), Client("south", frozenset({"submit", "read"})))
        async with GatewayClient(gateway.address, key) as south:
            made = await south.webhooks.add(theirs.url)
            theirs.secret = made["secret"]
            own = await mine.subscribe(gateway, "case.*", filter={"service": "note"})
            noted, ordered = await gateway.submit("note"), await gateway.submit("order")
            foreign = (await south.submit(application("note"), "k"))["id"]
            for case in (noted, ordered, foreign):
                await gateway.until_case(case, "closed")
            await until_told(gateway, theirs, foreign)
            wanted = [e["type"] for e in await gateway.events(noted) if e["type"].startswith("uz.darcha.case.")]
            await until(lambda: len(mine.events()) >= len(wanted), "the case's own events have come")
            assert [e["type"] for e in mine.events()] == wanted and {e["subject"] for e in mine.events()} == {noted}
            assert {e["subject"] for e in theirs.events()} == {foreign}
            assert [w["id"] for w in await south.webhooks.list()] == [made["id"]]
            for attempt in (
                south.webhooks.get(own["id"]),
                south.webhooks.rotate(own["id"]),
                south.webhooks.test(own["id"]),
                south.webhooks.remove(own["id"]),
                south.webhooks.deliveries(own["id"]),
                south.webhooks.change(own["id"], url=theirs.url),
                south.webhooks.recover(own["id"], datetime.now(UTC)),
            ):
                with pytest.raises(GatewayRefused) as refused:
                    await attempt
                assert refused.value.status == 404
            with pytest.raises(GatewayRefused) as refused:
                await south.webhooks.add(theirs.url, client="first")
            assert refused.value.status == 403


async def test_a_slow_and_a_dead_receiver_hold_up_nobody(gateway: Gateway) -> None:
    dead = Receiver()  # never started: connections to it are refused
    async with receiver() as slow, receiver() as healthy:
        slow.free.clear()
        hooks = [await one.subscribe(gateway) for one in (dead, slow, healthy)]
        cases = await asyncio.gather(*(gateway.submit("note") for _ in range(10)))
        for case in cases:
            await gateway.until_case(case, "closed")
            await until_told(gateway, healthy, case)
        # Everything is told to the healthy one while the slow one still sits on what came first.
        assert slow.hanging == slow.most_hanging == 8 and slow.events() and len({e["subject"] for e in slow.events()}) == 8
        tried = [d for d in await gateway.client.webhooks.deliveries(hooks[0]["id"]) if d["attempts"]]
        assert FAILURES <= sum(d["attempts"] for d in tried) <= 12, "10 cases wait behind a few tries"
        shown = await gateway.client.webhooks.get(hooks[0]["id"])
        assert shown["rests_until"] and shown["failures"] >= FAILURES
        slow.free.set()
        for case in cases:
            await until_told(gateway, slow, case)
        async with receiver(dead):
            began = datetime.now(UTC) - timedelta(hours=1)
            assert await gateway.client.webhooks.recover(hooks[0]["id"], began) >= 1, "nobody waits for the schedule's minutes"
            for case in cases:
                await until_told(gateway, dead, case)


async def test_what_fails_holds_up_its_own_case_only_and_comes_again_under_its_id(gateway: Gateway) -> None:
    async with receiver() as one:
        failing: set[str] = set()

        def answer(came: Came) -> tuple[int, dict[str, str]]:
            assert came.event is not None
            return (500, {}) if came.event["subject"] in failing else (200, {})

        one.answer = answer
        made = await one.subscribe(gateway)
        bad = await gateway.submit("note")
        failing.add(bad)
        good = await gateway.submit("note")
        await gateway.until_case(bad, "closed")
        await gateway.until_case(good, "closed")
        await until_told(gateway, one, good)
        first = one.sequences(bad)[-1]
        assert one.sequences(bad) == list(range(1, first + 1)), "nothing overtakes what has failed"
        assert first < len(await sequences(gateway, bad))
        failing.clear()
        await until_told(gateway, one, bad)
        repeats = [c for c in one.came if c.event is not None and c.event["subject"] == bad]
        again = [c for c in repeats if int(c.event["sequence"]) == first]  # type: ignore[index]  # believed above
        assert len(again) > 1 and len({(c.id, c.body) for c in again}) == 1
        done = await settled(gateway, made["id"], "delivered", len(one.events()))
        assert max(d["attempts"] for d in done) == len(again)


async def test_410_disables_with_an_alert_and_what_happens_meanwhile_comes_after_resuming(gateway: Gateway) -> None:
    async with receiver() as one:
        one.answer = lambda _came: (410, {})
        made = await one.subscribe(gateway)
        first = await gateway.submit("note")
        incident = await gateway.until_incident("webhook_disabled")
        assert incident["detail"]["webhook"] == made["id"] and one.url not in str(incident)

        async def alerted() -> list[Any]:
            return await gateway.client.listed("/v1/alerts", {"kind": "webhook_disabled"})

        assert len(await until(alerted, "an alert is open")) == 1
        shown = await gateway.client.webhooks.get(made["id"])
        assert (shown["state"], shown["reason"]) == ("disabled", "the receiver answered 410 Gone")
        second = await gateway.submit("note")
        for case in (first, second):
            await gateway.until_case(case, "closed")
        seen = len(one.came)
        one.answer = lambda _came: (200, {})
        assert (await gateway.client.webhooks.test(made["id"]))["error"] == "", "a test goes out whatever the state"
        assert len(one.came) == seen + 1
        one.came.clear()
        await gateway.client.webhooks.resume(made["id"])
        for case in (first, second):
            await until_told(gateway, one, case)
        await gateway.until_calm()


async def test_retry_after_is_honoured(gateway: Gateway) -> None:
    async with receiver() as one:
        one.answer = lambda _came: (503, {"Retry-After": "3600"})
        made = await one.subscribe(gateway)
        before = datetime.now(UTC)
        case = await gateway.submit("note")
        await gateway.until_case(case, "closed")

        async def waits() -> Any:
            shown = await gateway.client.webhooks.get(made["id"])
            return shown if shown["rests_until"] else None

        shown = await until(waits, "the receiver rests")
        assert timedelta(minutes=59) < datetime.fromisoformat(shown["rests_until"]) - before < timedelta(minutes=61)
        assert len(one.came) == 1
        one.answer = lambda _came: (200, {})
        assert await gateway.client.webhooks.recover(made["id"], before - timedelta(hours=1)) == 1
        await until_told(gateway, one, case)


async def test_secrets_overlap_while_the_receiver_changes_over(gateway: Gateway) -> None:
    async with receiver() as one:
        made = await one.subscribe(gateway)
        rotated = await gateway.client.webhooks.rotate(made["id"])
        assert rotated["secret"] != made["secret"] and rotated["secrets"][0]["retires_at"]
        case = await gateway.submit("note")
        await gateway.until_case(case, "closed")
        await until_told(gateway, one, case)  # it still knows the old secret only
        assert all(len(c.headers["Webhook-Signature"].split()) == 2 for c in one.came)
        one.secret = rotated["secret"]
        assert (await gateway.client.webhooks.test(made["id"]))["status"] == 204
        assert one.came[-1].event is not None and one.came[-1].event["type"] == "uz.darcha.webhook.test.v1"
        final = await gateway.client.webhooks.rotate(made["id"], overlap_secs=0)
        await gateway.client.webhooks.test(made["id"])
        assert one.came[-1].event is None, "what got out signs nothing more"
        assert verify(one.came[-1].body, one.came[-1].headers, final["secret"])["type"] == "uz.darcha.webhook.test.v1"


async def test_a_notifier_that_dies_between_sending_and_settling_sends_again_under_the_same_id(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with receiver() as one:
        made = await one.subscribe(gateway)
        died = asyncio.Event()
        settle = gateway.core.store.settle_webhook

        async def die(*_arguments: Any) -> Any:
            died.set()
            await asyncio.Event().wait()  # as a process that is gone: what was sent is never settled

        monkeypatch.setattr(gateway.core.store, "settle_webhook", die)
        case = await gateway.submit("note")
        await gateway.until_case(case, "closed")
        await asyncio.wait_for(died.wait(), 30)
        await gateway.kill_role("notifier")
        monkeypatch.setattr(gateway.core.store, "settle_webhook", settle)
        assert one.sequences(case) == [1]
        (claimed,) = await gateway.client.webhooks.deliveries(made["id"], "claimed")
        await gateway.end_webhook_claims()
        await gateway.start_roles("notifier")
        await until_told(gateway, one, case)
        assert [c.id for c in one.came].count(claimed["message"]) == 2


async def test_a_notifier_that_is_stopped_and_started_forgets_nothing(gateway: Gateway) -> None:
    async with receiver() as one:
        await one.subscribe(gateway)
        first = await gateway.submit("note")
        await gateway.until_case(first, "closed")
        await gateway.stop_roles("notifier")
        second = await gateway.submit("note")
        await gateway.until_case(second, "closed")
        await gateway.start_roles("notifier")
        for case in (first, second):
            await until_told(gateway, one, case)
        assert len({c.id for c in one.came}) == len(one.came), "an orderly stop settles what is under way"


async def test_one_is_sent_again_on_demand(gateway: Gateway) -> None:
    async with receiver() as one:
        made = await one.subscribe(gateway, "case.received")
        case = await gateway.submit("note")
        (done,) = await settled(gateway, made["id"], "delivered", 1)
        assert done["case"] == case and done["status"] == 204
        await gateway.client.webhooks.resend(made["id"], done["id"])
        await until(lambda: len(one.came) == 2, "it has come again")
        assert one.came[0].id == one.came[1].id == done["message"] and one.came[0].body == one.came[1].body
        await settled(gateway, made["id"], "delivered", 1)
        await gateway.client.webhooks.remove(made["id"])
        assert (await gateway.refusal("GET", f"/v1/webhooks/{made['id']}")).status == 404
        again = await gateway.submit("note")
        await gateway.until_case(again, "closed")
        assert again not in str(one.came)


async def test_an_address_that_leads_inside_is_refused_at_the_door_and_on_the_way(gateway: Gateway) -> None:
    for url in ("https://localhost/x", "http://example.uz/x", "https://10.0.0.1/", "https://[::1]/", "https://u:p@example.uz/"):
        error = await gateway.refusal("POST", "/v1/webhooks", {"url": url})
        assert error.status == 422 and error.problem["errors"][0]["pointer"] == "/url"
        assert error.problem["errors"][0]["code"] == "webhook_url"
    assert await gateway.client.webhooks.list() == []
    error = await gateway.refusal(
        "POST", "/v1/webhooks", {"url": "http://127.0.0.1:9/", "events": ["Case"], "filter": {"service": "x"}}
    )
    assert [e["pointer"] for e in error.problem["errors"]] == ["/events/0", "/filter/service"]
