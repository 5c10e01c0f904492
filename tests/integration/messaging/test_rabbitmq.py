"""What only a broker can do to us, short of dying: verified users, routing, things deleted or refused behind our back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aio_pika
import pytest
from structlog.testing import capture_logs

from gateway.application.bus import REPLIES, BusMessage, lane_queue
from gateway.messaging.rabbitmq import RabbitBus
from gateway.messaging.settling import Settler
from gateway.messaging.subscription import RabbitSubscription
from gateway.messaging.topology import Names
from tests.integration.messaging.receiving import (
    PATIENCE_SECS,
    messages,
    publish_until_confirmed,
    take,
    take_and_ack,
    until,
    until_depth,
)
from tests.servers.fixtures import Broker

LANE = lane_queue("cadastre")
WATCH_SECS = 0.2


@pytest.fixture
async def bus(broker: Broker) -> AsyncIterator[RabbitBus]:
    bus = RabbitBus(broker.url, prefix=broker.prefix, declare=True, watch_secs=WATCH_SECS)
    await bus.open()
    yield bus
    await bus.close()


@pytest.fixture
async def raw(broker: Broker) -> AsyncIterator[aio_pika.abc.AbstractChannel]:
    """A channel beside ours, to look and to meddle."""
    async with await aio_pika.connect(broker.url) as connection, connection.channel() as channel:
        yield channel


@pytest.fixture
def names(broker: Broker) -> Names:
    return Names(broker.prefix)


async def test_the_publisher_is_told_by_the_broker(bus: RabbitBus, broker: Broker) -> None:
    await bus.publish(REPLIES, messages("a"))
    (delivery,) = await take(await bus.subscribe(REPLIES, 1), 1)
    assert delivery.user_id
    assert f"//{delivery.user_id}:" in broker.url


async def test_queues_are_durable_quorum_queues_that_lose_nothing(
    bus: RabbitBus, raw: aio_pika.abc.AbstractChannel, names: Names
) -> None:
    await bus.publish(LANE, messages("a"))
    arguments: dict[str, Any] = {
        "x-queue-type": "quorum",
        "x-delivery-limit": 5,
        "x-dead-letter-exchange": f"{names.prefix}.dead",
        "x-dead-letter-routing-key": f"{names.prefix}.dead.v1",
        "x-dead-letter-strategy": "at-least-once",
        "x-overflow": "reject-publish",
    }
    for queue in (f"{names.prefix}.lane.cadastre.v1", f"{names.prefix}.replies.v1"):
        await raw.declare_queue(queue, durable=True, arguments=arguments)  # another set of arguments would be refused
    message = await (await raw.get_queue(f"{names.prefix}.lane.cadastre.v1")).get()
    assert message is not None
    assert message.delivery_mode == aio_pika.DeliveryMode.PERSISTENT


async def test_events_go_by_their_topic(bus: RabbitBus, raw: aio_pika.abc.AbstractChannel, names: Names) -> None:
    listener = await raw.declare_queue(exclusive=True)
    await listener.bind(names.events, "uz.darcha.case.*.v1")
    sent = [(key, BusMessage(key.encode(), key)) for key in ("uz.darcha.case.received.v1", "uz.darcha.step.done.v1")]
    assert await bus.publish_events(sent) == [True, True]
    assert await bus.publish_events([("uz.darcha.case.decided.v1", BusMessage(b"last", "last"))]) == [True]
    heard = [(await listener.get(timeout=PATIENCE_SECS)).body for _ in range(2)]
    assert heard == [b"uz.darcha.case.received.v1", b"last"]
    assert await listener.get(fail=False) is None


async def test_what_reaches_no_queue_is_not_confirmed_and_the_next_publish_mends_it(
    bus: RabbitBus, raw: aio_pika.abc.AbstractChannel, names: Names
) -> None:
    assert await bus.publish(LANE, messages("a")) == [True]
    await raw.queue_delete(names.queue(LANE))
    assert await bus.publish(LANE, messages("bcd")) == [False] * 3
    assert await bus.publish(LANE, messages("bcd")) == [True] * 3


async def test_a_deleted_exchange_costs_one_attempt_for_queues_and_events(
    bus: RabbitBus, raw: aio_pika.abc.AbstractChannel, names: Names
) -> None:
    assert await bus.publish(LANE, messages("a")) == [True]
    await raw.exchange_delete(names.exchange(LANE))
    assert await bus.publish(LANE, messages("b")) == [False]
    await publish_until_confirmed(bus, LANE, "c")
    await raw.exchange_delete(names.events)
    assert await bus.publish_events([("x", BusMessage(b"", "1"))]) == [False]
    assert await bus.publish_events([("x", BusMessage(b"", "1"))]) == [True]


async def test_a_consumer_outlives_its_queue(bus: RabbitBus, raw: aio_pika.abc.AbstractChannel, names: Names) -> None:
    subscription = await bus.subscribe(LANE, 10)
    await bus.publish(LANE, messages("a"))
    (before,) = await take(subscription, 1)
    await raw.queue_delete(names.queue(LANE))
    await publish_until_confirmed(bus, LANE, "b")
    assert await take_and_ack(subscription, 1) == ["b"]
    await before.ack()  # its queue is gone; nothing happens
    await until(lambda: subscription.healthy)
    await bus.publish(LANE, messages("c"))
    assert await take_and_ack(subscription, 1) == ["c"]


async def test_the_watchdog_brings_back_a_consumer_the_broker_no_longer_has(
    bus: RabbitBus, raw: aio_pika.abc.AbstractChannel, names: Names
) -> None:
    subscription = await bus.subscribe(LANE, 10)
    await _lose_silently(subscription)
    queue = await raw.get_queue(names.queue(LANE))
    async with asyncio.timeout(PATIENCE_SECS):
        while not (await queue.declare()).consumer_count:
            await asyncio.sleep(0.01)
    await bus.publish(LANE, messages("a"))
    assert await take_and_ack(subscription, 1) == ["a"]


async def test_the_watchdog_sees_it_beside_other_consumers_too(bus: RabbitBus, broker: Broker) -> None:
    subscription = await bus.subscribe(LANE, 10)
    other = RabbitBus(broker.url, prefix=broker.prefix, declare=True)
    await other.open()
    try:
        busy = await other.subscribe(LANE, 1)
        await _lose_silently(subscription)
        await bus.publish(LANE, messages("ab"))
        (held,) = await take(busy, 1)
        assert held.body == b"a"
        assert await take_and_ack(subscription, 1) == ["b"]
    finally:
        await other.close()


async def test_a_slow_consumer_is_not_taken_for_a_lost_one(bus: RabbitBus) -> None:
    subscription = await bus.subscribe(LANE, 2)
    await bus.publish(LANE, messages("abcd"))
    with capture_logs() as logs:
        held = await take(subscription, 2)
        await asyncio.sleep(WATCH_SECS * 4)  # the watchdog looks several times
        await until_depth(bus, LANE, 2)
        for delivery in held:
            await delivery.ack()
        assert await take_and_ack(subscription, 2) == ["c", "d"]
    assert logs == []


async def test_a_closed_channel_is_replaced(bus: RabbitBus) -> None:
    subscription = await bus.subscribe(LANE, 10)
    await bus.publish(LANE, messages("a"))
    (before,) = await take(subscription, 1)
    await _settler(subscription).channel.close()
    (again,) = await take(subscription, 1)
    assert again.redelivered
    await before.ack()
    await again.ack()
    await until_depth(bus, LANE, 0)


async def test_settling_twice_does_not_cost_the_channel(bus: RabbitBus) -> None:
    subscription = await bus.subscribe(LANE, 10)
    await bus.publish(LANE, messages("ab"))
    first, second = await take(subscription, 2)
    with capture_logs() as logs:
        await first.ack()
        await first.give_back()
        await asyncio.sleep(0)
        await first.ack()
    assert [entry["event"] for entry in logs] == ["settled_twice", "settled_twice"]
    await second.ack()
    await bus.publish(LANE, messages("c"))
    assert await take_and_ack(subscription, 1) == ["c"]


async def test_a_queue_with_other_arguments_is_said_once_and_does_not_stop_the_rest(
    bus: RabbitBus, raw: aio_pika.abc.AbstractChannel, names: Names
) -> None:
    await raw.declare_queue(names.queue(LANE), durable=True)
    with capture_logs() as logs:
        subscription = await bus.subscribe(LANE, 10)
        assert not subscription.healthy
        await asyncio.sleep(1.2)  # more than two attempts
    assert [entry["event"] for entry in logs] == ["consumer_waits"]
    assert names.queue(LANE) in logs[0]["reason"]
    assert await bus.publish(REPLIES, messages("a")) == [True]
    await raw.queue_delete(names.queue(LANE))
    await until(lambda: subscription.healthy)


async def test_closing_at_any_moment_ends_at_once(broker: Broker) -> None:
    for turn in range(30):
        bus = RabbitBus(broker.url, prefix=broker.prefix, declare=True, watch_secs=0.001 * (turn % 4 + 1))
        await bus.open()
        subscription = await bus.subscribe(LANE, 10)
        await asyncio.sleep(0.0007 * turn)
        async with asyncio.timeout(PATIENCE_SECS / 3):
            if turn % 2:
                await subscription.stop()
            await bus.close()


async def test_acknowledged_before_the_close_is_acknowledged(bus: RabbitBus, broker: Broker) -> None:
    closing = RabbitBus(broker.url, prefix=broker.prefix, declare=True)
    await closing.open()
    await closing.publish(LANE, messages(str(number) for number in range(200)))
    for delivery in await take(await closing.subscribe(LANE, 200), 200):
        await delivery.ack()
    await closing.close()
    assert await bus.depth(LANE) == 0
    await bus.publish(LANE, messages(["next"]))
    assert await take_and_ack(await bus.subscribe(LANE, 300), 1) == ["next"]


async def test_a_stopped_subscription_leaves_no_channel_behind(bus: RabbitBus) -> None:
    subscription = await bus.subscribe(LANE, 10)
    await bus.publish(LANE, messages("ab"))
    deliveries = await take(subscription, 2)
    await subscription.stop()
    channel = _settler(subscription).channel
    assert not channel.is_closed
    for delivery in deliveries:
        await delivery.ack()
    await until(lambda: channel.is_closed)
    await until_depth(bus, LANE, 0)


def _settler(subscription: RabbitSubscription) -> Settler:
    assert subscription._settler is not None
    return subscription._settler


async def _lose_silently(subscription: RabbitSubscription) -> None:
    """What aio-pika #231 looks like from here: the consumer is gone, and nobody was told."""
    await _settler(subscription).channel.basic_cancel(subscription._tag)
