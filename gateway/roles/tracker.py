"""The tracker's loop: replies in batches from the broker, acknowledged after the commit."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import structlog

from gateway.application.bus import DEAD, REPLIES, Bus, BusDelivery, Subscription
from gateway.application.release import WorkerReply
from gateway.application.track import Track
from gateway.domain.errors import NotFound
from gateway.roles.hands import Hands
from gateway.roles.patience import AWAY, Patience
from gateway.roles.tracing import processing_batch

log = structlog.get_logger(__name__)

PREFETCH = 400
BATCH = 200


class Tracker:
    """Takes ``replies`` and the dead letters."""

    def __init__(self, track: Track, bus: Bus) -> None:
        self._track = track
        self._bus = bus
        self._stopped = asyncio.Event()
        self._patience = Patience("tracker", self._stopped)
        self._hands = Hands()
        self._queues: dict[str, Subscription] = {}

    @property
    def healthy(self) -> bool:
        """Whether the consumers of the replies and the dead letters are still there."""
        return len(self._queues) == 2 and all(s.healthy for s in self._queues.values())

    async def run(self) -> None:
        """Serve until stopped."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._replies(), name="tracker-replies")
                group.create_task(self._dead(), name="tracker-dead")
        finally:
            await self._hands.empty()

    async def stop(self) -> None:
        """Take no new reply. ``run`` returns when the batch at hand is committed."""
        self._stopped.set()
        await self._hands.stop()

    async def _subscribe(self, queue: str, prefetch: int) -> Subscription | None:
        while not self._stopped.is_set():
            try:
                subscription = await self._bus.subscribe(queue, prefetch)
            except AWAY as error:
                await self._patience.pause(error)
                continue
            self._queues[queue] = subscription
            self._hands.subscriptions.append(subscription)
            if self._stopped.is_set():  # stopped while it was being made: then nobody else stops it
                await subscription.stop()
            return subscription
        return None

    async def _replies(self) -> None:
        subscription = await self._subscribe(REPLIES, PREFETCH)
        if subscription is None:
            return
        async for batch in subscription.batches(BATCH):
            self._hands.take(batch)
            # A redelivered reply is handled alone, so that one poison reply does not push its batch over the limit.
            fresh = [d for d in batch if not d.redelivered]
            if fresh:
                await self._apply(fresh)
            for delivery in batch:
                if delivery.redelivered:
                    await self._apply([delivery])

    async def _apply(self, deliveries: Sequence[BusDelivery]) -> None:
        read: list[tuple[WorkerReply, str]] = []
        good: list[BusDelivery] = []
        for delivery in deliveries:
            try:
                read.append((WorkerReply.from_bytes(delivery.body), delivery.user_id))
                good.append(delivery)
            except ValueError as error:
                log.warning("refused", reason=str(error))
                await self._hands.reject(delivery)
        if read:
            with processing_batch(REPLIES, good, [reply.case_id for reply, _ in read]):
                await self._settle(good, read)

    async def _settle(self, deliveries: Sequence[BusDelivery], read: Sequence[tuple[WorkerReply, str]]) -> None:
        while True:
            try:
                result = await self._track.replies(read)
            except AWAY as error:  # keep them unacknowledged: giving back would count as a delivery
                await self._patience.pause(error)
                if self._stopped.is_set():
                    return
                continue
            except Exception as error:
                # Poison: whatever it is, it must not take the batch or the tracker with it. Alone it goes back to the
                # broker, whose delivery limit leads it to the dead letters and so to an incident.
                log.exception("a reply could not be applied", count=len(read), error=str(error))
                if len(read) == 1:
                    await self._hands.give_back(deliveries[0])
                    return
                for delivery, item in zip(deliveries, read, strict=True):
                    await self._settle([delivery], [item])
                return
            self._patience.fine()
            for delivery, failed in zip(deliveries, result.errors, strict=True):
                if failed is None:
                    await self._hands.ack(delivery)
                elif isinstance(failed, NotFound):
                    log.warning("a reply for no case of ours", reason=str(failed))
                    await self._hands.reject(delivery)
                else:
                    log.warning("a reply could not be applied", reason=str(failed))
                    await self._hands.give_back(delivery)
            return

    async def _dead(self) -> None:
        subscription = await self._subscribe(DEAD, 50)
        if subscription is None:
            return
        async for batch in subscription.batches(50):
            self._hands.take(batch)
            dead = [(d.body, d.headers) for d in batch]
            if await self._patience.insist(lambda dead=dead: self._track.dead_letters(dead)):  # type: ignore[misc]  # the default binds the loop's value
                for delivery in batch:
                    await self._hands.ack(delivery)
