"""The broker is killed, deleted with its disk, or not there yet (promise 1): everything finds its way back by itself."""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import AsyncIterator

import pytest
from structlog.testing import capture_logs

from gateway.application.bus import DEAD, REPLIES, SPANS, Bus, BusMessage, BusUnavailable, lane_queue
from gateway.messaging import connect
from gateway.messaging.topology import worker_permissions
from gateway.servers import Permissions, RabbitmqServer
from tests.integration.messaging.receiving import (
    PATIENCE_SECS,
    messages,
    publish_until_confirmed,
    take,
    take_and_ack,
    until,
    until_depth,
)

LANE = lane_queue("civil-registry")


@pytest.fixture
async def bus(private_broker: RabbitmqServer) -> AsyncIterator[Bus]:
    bus = connect(private_broker.url)
    await bus.open()
    yield bus
    await bus.close()


async def test_killed_and_wiped_under_load(private_broker: RabbitmqServer, bus: Bus, caplog: pytest.LogCaptureFixture) -> None:
    subscription = await bus.subscribe(LANE, 50)
    replies = await bus.subscribe(REPLIES, 50)
    await bus.publish(LANE, messages(["before"]))
    (held,) = await take(subscription, 1)
    listening = asyncio.create_task(bus.wait("dispatcher", 120))
    with capture_logs() as logs, caplog.at_level(logging.WARNING):
        confirmed: list[str] = []
        pumping = asyncio.create_task(_pump(bus, confirmed))
        await until(lambda: len(confirmed) > 50)
        await asyncio.to_thread(private_broker.kill)
        await until(lambda: not bus.connected and not subscription.healthy)
        with pytest.raises(BusUnavailable):
            await bus.publish(LANE, messages(["now"]))
        await held.ack()
        await bus.wake("dispatcher")
        await asyncio.to_thread(private_broker.wipe)
        await asyncio.to_thread(private_broker.start)
        await until(lambda: bus.connected and subscription.healthy and replies.healthy)
        after = len(confirmed)
        await until(lambda: len(confirmed) > after + 50)
        pumping.cancel()
        await asyncio.wait([pumping])
        await publish_until_confirmed(bus, LANE, "end")
        bodies: list[str] = []
        async with asyncio.timeout(PATIENCE_SECS):
            while bodies[-1:] != ["end"]:
                bodies += await take_and_ack(subscription, 1)
        await publish_until_confirmed(bus, REPLIES, "reply")
        assert await take_and_ack(replies, 1) == ["reply"]
        gc.collect()
        await asyncio.sleep(0)
    assert set(confirmed[after:]) <= set(bodies), "what the new broker confirmed was delivered"
    await asyncio.wait_for(listening, 1)
    said = [entry["event"] for entry in logs if entry["log_level"] != "debug"]
    assert said.count("broker_lost") == 1
    assert said.count("broker_connected") == 1
    assert said.count("broker_unreachable") == 1
    assert not [record for record in caplog.records if record.exc_info or record.name == "asyncio"]


async def test_a_kill_alone_loses_no_confirmed_message(private_broker: RabbitmqServer, bus: Bus) -> None:
    sent = [f"m{number}" for number in range(500)]
    assert all(await bus.publish(LANE, messages(sent)))
    subscription = await bus.subscribe(LANE, 100)
    held = await take(subscription, 10)
    # RabbitMQ 3.10 writes down half a second late that a quorum queue was created; killed before that, the queue itself is lost.
    await asyncio.sleep(2)
    await asyncio.to_thread(private_broker.kill)
    await until(lambda: not bus.connected)
    await asyncio.to_thread(private_broker.start)
    await until(lambda: subscription.healthy)
    received: set[str] = set()
    while len(received) < 500:
        received |= set(await take_and_ack(subscription, 1))
    assert received == set(sent)
    for delivery in held:
        await delivery.ack()
    await until_depth(bus, LANE, 0)


async def test_started_before_the_broker(private_broker: RabbitmqServer) -> None:
    private_broker.kill()
    bus = connect(private_broker.url)
    with capture_logs() as logs:
        async with asyncio.timeout(PATIENCE_SECS):
            await bus.open()
        assert not bus.connected
        subscription = await bus.subscribe(LANE, 10)
        assert not subscription.healthy
        with pytest.raises(BusUnavailable):
            await bus.publish(LANE, messages("a"))
        with pytest.raises(BusUnavailable):
            await bus.depth(LANE)
        await bus.wake("dispatcher")
        await asyncio.to_thread(private_broker.start)
        await publish_until_confirmed(bus, LANE, "b")
        assert await take_and_ack(subscription, 1) == ["b"]
        await bus.close()
    assert [entry["event"] for entry in logs if entry["log_level"] != "debug"] == ["broker_unreachable", "broker_connected"]
    assert all(private_broker.url.split(":")[2].split("@")[0] not in str(entry) for entry in logs), "a password was logged"


async def test_a_wrong_password_or_virtual_host_is_said_once(private_broker: RabbitmqServer) -> None:
    for wrong, reason in (
        (private_broker.url.replace("darcha:", "darcha:x"), "ACCESS_REFUSED"),
        (private_broker.url_of("nowhere"), "virtual host 'nowhere' is not there"),
    ):
        bus = connect(wrong)
        with capture_logs() as logs:
            await bus.open()
            await asyncio.sleep(1)
            await bus.close()
        assert [entry["event"] for entry in logs] == ["broker_unreachable"]
        assert reason in logs[0]["reason"]


async def test_a_worker_reads_its_lanes_writes_replies_and_spans_and_no_more(private_broker: RabbitmqServer, bus: Bus) -> None:
    configure, write, read = worker_permissions("darcha", ["civil-registry"])
    private_broker.add_user("worker-1", permissions={"darcha": Permissions(configure, write, read)})
    worker = connect(private_broker.url_of("darcha", "worker-1"), declare=False)
    await worker.open()
    try:
        assert worker.connected
        lane = await worker.subscribe(LANE, 10)
        assert not lane.healthy  # nobody has declared the lane yet: it waits
        await bus.publish(LANE, messages("a"))
        assert await take_and_ack(lane, 1) == ["a"]
        assert await worker.publish(REPLIES, messages("b")) == [True]
        (reply,) = await take(await bus.subscribe(REPLIES, 1), 1)
        assert reply.user_id == "worker-1"

        foreign = await worker.subscribe(lane_queue("tax"), 10)
        await bus.publish(lane_queue("tax"), messages("c"))
        graves = await worker.subscribe(DEAD, 10)
        assert await worker.offer(SPANS, messages("s")) == [False]  # nobody has declared them yet, which harms nothing
        collected = await bus.subscribe(SPANS, 1)
        assert await worker.offer(SPANS, messages("t")) == [True]
        assert [s.user_id for s in await take(collected, 1)] == ["worker-1"]
        assert await worker.offer(LANE, messages(["forged"])) == [False]
        read_spans = await worker.subscribe(SPANS, 1)
        assert await worker.publish(LANE, messages(["forged"])) == [False]
        assert await worker.publish(DEAD, messages(["forged"])) == [False]
        assert await worker.publish_events([("forged", BusMessage(b"", "1"))]) == [False]
        await worker.wake("dispatcher")
        await worker.wait("dispatcher", 0.01)
        assert await worker.publish(REPLIES, messages("d")) == [True]
        assert not foreign.healthy
        assert not graves.healthy
        assert not read_spans.healthy
        assert await bus.depth(lane_queue("tax")) == 1
        assert await bus.depth(LANE) == 0
    finally:
        await worker.close()


async def _pump(bus: Bus, confirmed: list[str]) -> None:
    """Publish without end, as a dispatcher with a backlog does."""
    number = 0
    while True:
        bodies = [f"m{number + each}" for each in range(20)]
        try:
            results = await bus.publish(LANE, messages(bodies))
        except BusUnavailable:
            await asyncio.sleep(0.05)
            continue
        confirmed += [body for body, result in zip(bodies, results, strict=True) if result]
        number += 20
        await asyncio.sleep(0.005)
