"""Small helpers that wait for deliveries, never for time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

from gateway.application.bus import Bus, BusDelivery, BusMessage, BusUnavailable, Subscription

PATIENCE_SECS = 30.0


def messages(bodies: Iterable[str]) -> list[BusMessage]:
    return [BusMessage(body.encode(), f"id-{body}") for body in bodies]


async def take(subscription: Subscription, count: int, most: int = 50) -> list[BusDelivery]:
    """Take exactly so many deliveries, without settling them."""
    taken: list[BusDelivery] = []
    async with asyncio.timeout(PATIENCE_SECS):
        while len(taken) < count:
            async for batch in subscription.batches(min(most, count - len(taken))):
                taken += batch
                break
    return taken


async def take_and_ack(subscription: Subscription, count: int) -> list[str]:
    deliveries = await take(subscription, count)
    for delivery in deliveries:
        await delivery.ack()
    return [delivery.body.decode() for delivery in deliveries]


async def until(condition: Callable[[], bool]) -> None:
    """Wait for a change that nothing announces, such as what a broker does by itself."""
    async with asyncio.timeout(PATIENCE_SECS):
        while not condition():
            await asyncio.sleep(0.01)


async def until_depth(bus: Bus, queue: str, depth: int) -> None:
    async with asyncio.timeout(PATIENCE_SECS):
        while await bus.depth(queue) != depth:
            await asyncio.sleep(0.01)


async def publish_until_confirmed(bus: Bus, queue: str, body: str) -> None:
    """As the dispatcher does it: the row stays until a publish is confirmed."""
    async with asyncio.timeout(PATIENCE_SECS):
        while True:
            try:
                if all(await bus.publish(queue, messages([body]))):
                    return
            except BusUnavailable:
                pass
            await asyncio.sleep(0.05)
