"""What the use cases rely on, written once and run against RabbitMQ and the bus inside one process."""

from __future__ import annotations

import asyncio

import pytest

from gateway.application.bus import (
    DEAD,
    DEAD_FROM,
    DEAD_REASON,
    REPLIES,
    Bus,
    BusDelivery,
    BusMessage,
    BusUnavailable,
    lane_queue,
)
from gateway.messaging.limits import DELIVERY_LIMIT
from tests.integration.messaging.conftest import MakeBus
from tests.integration.messaging.receiving import PATIENCE_SECS, messages, take, take_and_ack, until, until_depth

LANE = lane_queue("civil-registry")


async def test_messages_arrive_in_order_with_body_and_headers(bus: Bus) -> None:
    sent = [BusMessage(f"body {number}".encode(), f"id-{number}", {"traceparent": f"00-{number}"}) for number in range(300)]
    assert await bus.publish(LANE, sent) == [True] * 300
    subscription = await bus.subscribe(LANE, 300)
    received = await take(subscription, 300)
    assert [delivery.body for delivery in received] == [message.body for message in sent]
    assert [dict(delivery.headers) for delivery in received] == [dict(message.headers) for message in sent]
    assert not any(delivery.redelivered for delivery in received)


async def test_nothing_to_publish_is_nothing_wrong(bus: Bus) -> None:
    assert await bus.publish(LANE, []) == []
    assert await bus.publish_events([]) == []


async def test_a_body_of_a_mebibyte_and_an_empty_one_arrive_whole(bus: Bus) -> None:
    bodies = [bytes(range(256)) * 4096, b""]
    assert await bus.publish(REPLIES, [BusMessage(body, f"id-{len(body)}") for body in bodies]) == [True, True]
    received = await take(await bus.subscribe(REPLIES, 10), 2)
    assert [delivery.body for delivery in received] == bodies


async def test_messages_with_the_same_id_all_arrive(bus: Bus) -> None:
    assert await bus.publish(LANE, [BusMessage(b"again", "same")] * 5) == [True] * 5
    await until_depth(bus, LANE, 5)


async def test_many_publishers_at_once(bus: Bus) -> None:
    results = await asyncio.gather(*(bus.publish(LANE, messages(f"{task}-{n}" for n in range(150))) for task in range(8)))
    assert all(all(result) for result in results)
    received = await take_and_ack(await bus.subscribe(LANE, 2000), 1200)
    assert len(set(received)) == 1200
    for task in range(8):
        mine = [body for body in received if body.startswith(f"{task}-")]
        assert mine == [f"{task}-{n}" for n in range(150)]


async def test_a_batch_takes_what_is_there_and_never_more_than_asked(bus: Bus) -> None:
    subscription = await bus.subscribe(LANE, 100)
    await bus.publish(LANE, messages(str(number) for number in range(25)))
    sizes = []
    async with asyncio.timeout(PATIENCE_SECS):
        async for batch in subscription.batches(10):
            sizes.append(len(batch))
            if sum(sizes) == 25:
                break
    assert max(sizes) <= 10


async def test_no_more_than_the_prefetch_is_out_until_something_is_settled(bus: Bus) -> None:
    await bus.publish(LANE, messages("abcde"))
    subscription = await bus.subscribe(LANE, 2)
    first = await take(subscription, 2)
    await until_depth(bus, LANE, 3)
    await first[0].ack()
    third = await take(subscription, 1)
    assert [delivery.body for delivery in (*first, *third)] == [b"a", b"b", b"c"]
    await until_depth(bus, LANE, 2)


async def test_two_consumers_share_a_queue(make_bus: MakeBus) -> None:
    one, other = await make_bus(), await make_bus()
    first, second = await one.subscribe(LANE, 1), await other.subscribe(LANE, 1)
    await one.publish(LANE, messages("ab"))
    deliveries = [*await take(first, 1), *await take(second, 1)]
    assert {delivery.body for delivery in deliveries} == {b"a", b"b"}


async def test_what_is_acknowledged_in_any_order_does_not_come_again(make_bus: MakeBus) -> None:
    one, other = await make_bus(), await make_bus()
    subscription = await one.subscribe(LANE, 100)
    await one.publish(LANE, messages("abcdef"))
    deliveries = await take(subscription, 6)
    for number in (4, 0, 1, 5):
        await deliveries[number].ack()
    await one.close()
    again = await take(await other.subscribe(LANE, 100), 2)
    assert {delivery.body for delivery in again} == {b"c", b"d"}
    assert all(delivery.redelivered for delivery in again)
    await until_depth(other, LANE, 0)


async def test_given_back_comes_again_and_says_so(bus: Bus) -> None:
    subscription = await bus.subscribe(LANE, 10)
    await bus.publish(LANE, messages("a"))
    (delivery,) = await take(subscription, 1)
    assert not delivery.redelivered
    await delivery.give_back()
    (again,) = await take(subscription, 1)
    assert again.body == b"a"
    assert again.redelivered
    await again.ack()


async def test_unsettled_work_of_a_consumer_that_died_comes_to_another(make_bus: MakeBus) -> None:
    dying, living = await make_bus(), await make_bus()
    await dying.publish(LANE, messages("abc"))
    lost = await take(await dying.subscribe(LANE, 10), 3)
    await dying.close()
    again = await take(await living.subscribe(LANE, 10), 3)
    assert [delivery.body for delivery in again] == [b"a", b"b", b"c"]
    assert all(delivery.redelivered for delivery in again)
    for delivery in lost:
        await delivery.ack()  # too late: it changes nothing and raises nothing
    for delivery in again:
        await delivery.ack()
    await until_depth(living, LANE, 0)


async def test_rejected_goes_to_the_dead_letters_with_its_origin(bus: Bus) -> None:
    subscription = await bus.subscribe(LANE, 10)
    await bus.publish(LANE, [BusMessage(b"poison", "id", {"case": "17"})])
    (delivery,) = await take(subscription, 1)
    await delivery.reject()
    (dead,) = await take(await bus.subscribe(DEAD, 10), 1)
    assert dead.body == b"poison"
    assert dict(dead.headers) == {"case": "17", DEAD_FROM: LANE, DEAD_REASON: "rejected"}
    await dead.ack()


async def test_what_comes_back_too_often_goes_to_the_dead_letters(bus: Bus) -> None:
    subscription = await bus.subscribe(REPLIES, 10)
    await bus.publish(REPLIES, messages(["poison"]))
    for _ in range(DELIVERY_LIMIT + 1):
        (delivery,) = await take(subscription, 1)
        await delivery.give_back()
    (dead,) = await take(await bus.subscribe(DEAD, 10), 1)
    assert dead.body == b"poison"
    assert dead.headers[DEAD_FROM] == REPLIES
    assert dead.headers[DEAD_REASON] == "delivery_limit"
    assert await bus.depth(REPLIES) == 0


async def test_dead_letters_are_never_dropped_however_often_they_are_given_back(bus: Bus) -> None:
    subscription = await bus.subscribe(LANE, 10)
    await bus.publish(LANE, messages(["poison"]))
    (delivery,) = await take(subscription, 1)
    await delivery.reject()
    graves = await bus.subscribe(DEAD, 10)
    for _ in range(3 * DELIVERY_LIMIT):
        (dead,) = await take(graves, 1)
        await dead.give_back()
    (dead,) = await take(graves, 1)
    assert dead.body == b"poison"


async def test_a_poison_message_does_not_hold_up_its_lane(bus: Bus) -> None:
    subscription = await bus.subscribe(LANE, 1)
    await bus.publish(LANE, messages(["poison", *"abc"]))
    graves = await bus.subscribe(DEAD, 10)
    done: list[bytes] = []

    async def work() -> None:
        async for batch in subscription.batches(1):
            if batch[0].body == b"poison":
                await batch[0].give_back()
            else:
                done.append(batch[0].body)
                await batch[0].ack()

    working = asyncio.create_task(work())
    assert [dead.body for dead in await take(graves, 1)] == [b"poison"]
    await until(lambda: len(done) == 3)
    assert done == [b"a", b"b", b"c"]
    working.cancel()


async def test_after_a_stop_what_arrived_is_yielded_and_nothing_new(make_bus: MakeBus) -> None:
    one, other = await make_bus(), await make_bus()
    subscription = await one.subscribe(LANE, 3)
    await one.publish(LANE, messages("abc"))
    (first,) = await take(subscription, 1)
    await until_depth(other, LANE, 0)
    await subscription.stop()
    assert not subscription.healthy
    await other.publish(LANE, messages("d"))
    await first.ack()
    rest: list[BusDelivery] = []
    async with asyncio.timeout(PATIENCE_SECS):
        async for batch in subscription.batches(10):
            rest += batch
    for delivery in rest:
        await delivery.ack()
    assert [delivery.body for delivery in rest] == [b"b", b"c"][: len(rest)]
    again = await take_and_ack(await other.subscribe(LANE, 10), 3 - len(rest))
    assert "d" in again


async def test_lanes_are_apart(bus: Bus) -> None:
    await bus.publish(lane_queue("one"), messages("a"))
    await bus.publish(lane_queue("other"), messages("b"))
    assert await take_and_ack(await bus.subscribe(lane_queue("other"), 10), 1) == ["b"]
    assert await bus.depth(lane_queue("one")) == 1


async def test_a_wake_up_reaches_every_instance_that_waits(make_bus: MakeBus) -> None:
    one, other = await make_bus(), await make_bus()
    waiting = [asyncio.create_task(bus.wait("dispatcher", PATIENCE_SECS)) for bus in (one, other)]
    deaf = asyncio.create_task(one.wait("tracker", PATIENCE_SECS))
    async with asyncio.timeout(PATIENCE_SECS / 2):
        while not all(task.done() for task in waiting):
            await one.wake("dispatcher")
            await asyncio.wait(waiting, timeout=0.05)
    assert not deaf.done()
    deaf.cancel()


async def test_a_wake_up_before_the_wait_is_not_lost_and_counts_once(bus: Bus) -> None:
    await bus.wake("clock")
    async with asyncio.timeout(PATIENCE_SECS / 2):
        await bus.wait("clock", PATIENCE_SECS)
    started = asyncio.get_running_loop().time()
    await bus.wait("clock", 0.05)
    assert asyncio.get_running_loop().time() - started >= 0.045


async def test_events_nobody_listens_to_are_taken(bus: Bus) -> None:
    events = [(f"case.{number}", BusMessage(b"{}", f"id-{number}")) for number in range(200)]
    assert await bus.publish_events(events) == [True] * 200


async def test_a_closed_bus_refuses_and_still_wakes_without_raising(make_bus: MakeBus) -> None:
    bus = await make_bus()
    states = [bus.connected]
    await bus.close()
    states.append(bus.connected)
    assert states == [True, False]
    for refused in (bus.publish(LANE, messages("a")), bus.publish_events([]), bus.depth(LANE), bus.subscribe(LANE, 1)):
        with pytest.raises(BusUnavailable):
            await refused
    await bus.wake("dispatcher")


async def test_callers_that_are_cancelled_at_any_moment_do_no_harm(bus: Bus) -> None:
    subscription = await bus.subscribe(LANE, 1000)
    for steps in range(60):
        calls = [
            asyncio.create_task(bus.publish(LANE, messages([f"maybe {steps}"]))),
            asyncio.create_task(bus.publish(lane_queue(f"new-{steps}"), messages("x"))),
            asyncio.create_task(bus.depth(LANE)),
            asyncio.create_task(bus.wait("tracker", PATIENCE_SECS)),
        ]
        for _ in range(steps):
            await asyncio.sleep(0)
        for call in calls:
            call.cancel()
        await asyncio.wait(calls)
    assert await bus.publish(LANE, messages(["certain"])) == [True]
    bodies: list[str] = []
    while bodies[-1:] != ["certain"]:
        bodies += await take_and_ack(subscription, 1)
    assert subscription.healthy
