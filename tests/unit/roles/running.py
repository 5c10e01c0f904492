"""Roles at work in a test: a job that is stopped at the end whatever happens, and waiting for what has to come."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

from gateway.application.bus import REPLIES, Bus, BusDelivery, BusMessage
from gateway.application.release import WorkerReply
from gateway.telemetry.supervise import Job

PATIENCE_SECS = 5.0


@asynccontextmanager
async def running(*jobs: Job) -> AsyncIterator[list[asyncio.Task[None]]]:
    """Run jobs for the time of a block, then stop them in order; what one of them died of is raised."""
    tasks = [asyncio.create_task(job.run()) for job in jobs]
    try:
        yield tasks
    finally:
        for job in jobs:
            await job.stop()
        async with asyncio.timeout(PATIENCE_SECS):
            await asyncio.gather(*tasks)


async def until(found: Callable[[], object]) -> None:
    """Wait until something is so, looking at every turn of the loop."""
    async with asyncio.timeout(PATIENCE_SECS):
        while not found():
            await asyncio.sleep(0)


async def taken(bus: Bus, queue: str, count: int) -> list[BusDelivery]:
    """Take that many deliveries from a queue, and leave them unsettled."""
    got: list[BusDelivery] = []
    subscription = await bus.subscribe(queue, count)
    async with asyncio.timeout(PATIENCE_SECS):
        async for batch in subscription.batches(count):
            got += batch
            if len(got) >= count:
                break
    await subscription.stop()
    return got


async def replies(bus: Bus, count: int) -> list[WorkerReply]:
    """Take that many replies."""
    return [WorkerReply.from_bytes(delivery.body) for delivery in await taken(bus, REPLIES, count)]


async def put(bus: Bus, queue: str, bodies: Sequence[bytes]) -> None:
    """Publish bodies as they are."""
    assert all(await bus.publish(queue, [BusMessage(body, f"m{place}") for place, body in enumerate(bodies)]))
