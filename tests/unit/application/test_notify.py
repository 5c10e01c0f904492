"""Deliveries sent and settled: events confirmed or tried again, messages by schedule, and nothing lost on the way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson
import pytest

from gateway.application.bus import BusMessage, BusUnavailable
from gateway.application.measures import Unmeasured
from gateway.application.notify import ALERT_SCHEDULE, Notify
from gateway.application.store import OutboundDelivery
from gateway.domain.events import Event
from tests.unit.application.small import NOW, MemoryStore


def event(number: int, type_: str = "case.received") -> Event:
    return Event(
        UUID(int=number), UUID(int=9), number, type_, NOW, "gateway", {"n": number}, "salt", "digest", "", f"hash{number}"
    )


def delivery(number: int, kind: str = "events", attempts: int = 1, events: Sequence[Event] = ()) -> OutboundDelivery:
    target = "" if kind == "events" else "operators/1"
    return OutboundDelivery(UUID(int=number), kind, target, UUID(int=9), {"what": "opened"}, attempts, NOW, events)


class Exchange:
    """The events' side of a bus; ``confirms`` tells what is confirmed, or raises."""

    def __init__(self, confirms: Sequence[bool] | Exception = ()) -> None:
        self.confirms = confirms
        self.sent: list[tuple[str, BusMessage]] = []

    async def publish_events(self, events: Sequence[tuple[str, BusMessage]]) -> list[bool]:
        if isinstance(self.confirms, Exception):
            raise self.confirms
        self.sent += events
        return list(self.confirms) or [True] * len(events)


class Alerter:
    """What gathers incidents; ``due`` messages are written by its next round."""

    def __init__(self, due: int = 0) -> None:
        self.due = due
        self.gathered: list[OutboundDelivery] = []

    async def gather(self, deliveries: Sequence[OutboundDelivery]) -> None:
        self.gathered += deliveries

    async def run_once(self) -> int:
        done, self.due = self.due, 0
        return done


class Counted(Unmeasured):
    def __init__(self) -> None:
        self.counts: dict[tuple[str, str], int] = {}

    def delivered(self, kind: str, result: str, count: int = 1) -> None:
        self.counts[kind, result] = self.counts.get((kind, result), 0) + count


async def settled(
    deliveries: Sequence[OutboundDelivery], exchange: Exchange | None = None, alert: str = "", measures: Any = None
) -> dict[int, tuple[str, Any, str]]:
    store = MemoryStore()
    store.deliveries = list(deliveries)

    async def send(id_: UUID, target: str, payload: Mapping[str, Any]) -> str:
        assert id_ in {d.id for d in deliveries} and target == "operators/1" and payload == {"what": "opened"}
        return alert

    bus: Any = exchange or Exchange()
    notify = Notify(store, bus, send, Alerter(), lambda: NOW, measures=measures or Unmeasured())  # type: ignore[arg-type]
    done = await notify.run_once()
    assert done == sum(state != "pending" for _, state, _, _ in store.settled)
    assert len(store.settled) == len(deliveries)
    assert await notify.run_once() == 0
    return {id_.int: (state, at and (at - NOW).total_seconds(), error) for id_, state, at, error in store.settled}


async def test_events_are_cloud_events_under_their_own_ids() -> None:
    exchange = Exchange()
    assert await settled([delivery(1, events=[event(1), event(2, "case.decided")])], exchange) == {1: ("delivered", None, "")}
    assert [key for key, _ in exchange.sent] == ["case.received", "case.decided"]
    _, message = exchange.sent[1]
    body = orjson.loads(message.body)
    assert message.message_id == body["id"] == str(UUID(int=2))
    assert (body["specversion"], body["type"], body["subject"]) == ("1.0", "uz.darcha.case.decided.v1", str(UUID(int=9)))
    assert body["data"] == {"n": 2} and body["time"] == NOW.isoformat()


async def test_what_is_not_confirmed_is_tried_again_and_the_rest_is_done() -> None:
    exchange = Exchange([True, False, True])
    found = await settled([delivery(1, events=[event(1), event(2)]), delivery(2, events=[event(3)])], exchange)
    assert found == {1: ("pending", 1.0, "not confirmed"), 2: ("delivered", None, "")}


async def test_a_broker_that_is_away_leaves_them_pending() -> None:
    found = await settled([delivery(1, events=[event(1)])], Exchange(BusUnavailable("away")))
    assert found == {1: ("pending", 1.0, "away")}


async def test_a_delivery_without_events_is_done() -> None:
    assert await settled([delivery(1)]) == {1: ("delivered", None, "")}


async def test_a_message_is_delivered_or_skipped_with_the_way_out() -> None:
    assert (await settled([delivery(1, "notice")]))[1] == ("delivered", None, "")
    state, at, why = (await settled([delivery(1, "notice")], alert="skipped"))[1]
    assert (state, at) == ("skipped", None) and "DARCHA_ALERT_URLS" in why and "operators/1" in why


@pytest.mark.parametrize(("attempts", "wait"), list(enumerate(ALERT_SCHEDULE, start=1)))
async def test_a_message_that_fails_is_tried_again_by_the_schedule(attempts: int, wait: int) -> None:
    found = await settled([delivery(1, "notice", attempts)], alert="refused")
    assert found == {1: ("pending", float(wait), "refused")}


async def test_a_message_that_always_fails_is_exhausted_and_kept() -> None:
    found = await settled([delivery(1, "notice", len(ALERT_SCHEDULE) + 1)], alert="refused")
    assert found == {1: ("exhausted", None, "refused")}


def test_the_schedule_grows_and_lasts_some_hours() -> None:
    assert list(ALERT_SCHEDULE) == sorted(ALERT_SCHEDULE)
    assert timedelta(hours=6) < timedelta(seconds=sum(ALERT_SCHEDULE)) < timedelta(hours=24)


async def test_what_was_settled_is_counted() -> None:
    counted = Counted()
    await settled([delivery(1, events=[event(1)]), delivery(2, "notice"), delivery(3, "notice")], alert="x", measures=counted)
    assert counted.counts == {("events", "delivered"): 1, ("notice", "pending"): 2}


async def test_incidents_are_gathered_and_not_sent_one_by_one() -> None:
    store, alerter, counted = MemoryStore(), Alerter(due=1), Counted()
    store.deliveries = [delivery(n, "alert") for n in (1, 2)]

    async def send(id_: UUID, target: str, payload: Mapping[str, Any]) -> str:
        raise AssertionError("an incident is no message")

    bus: Any = Exchange()
    notify = Notify(store, bus, send, alerter, lambda: NOW, measures=counted)  # type: ignore[arg-type]
    assert await notify.run_once() == 3, "two are gathered, and one message is to be sent at once"
    assert [d.id.int for d in alerter.gathered] == [1, 2]
    assert store.settled == [], "whoever gathers them settles them, in the same commit"
    assert counted.counts == {("alert", "delivered"): 2}
    assert await notify.run_once() == 0
