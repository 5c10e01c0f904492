"""The worker's loop: releases of its lanes in, replies out. It knows no database (promise 8)."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import structlog

from gateway.application.bus import REPLIES, Bus, BusDelivery, BusMessage, Subscription, lane_queue
from gateway.application.deliver import Deliver
from gateway.application.release import Release, WorkerReply
from gateway.roles.patience import AWAY, Patience

log = structlog.get_logger(__name__)


class Worker:
    """``lanes`` maps each lane to this process's share of its concurrency."""

    def __init__(self, deliver: Deliver, bus: Bus, lanes: Mapping[str, int]) -> None:
        self._deliver = deliver
        self._bus = bus
        self._lanes = lanes
        self._stopped = asyncio.Event()
        self._patience = Patience("worker", self._stopped)
        self._subscriptions: list[Subscription] = []
        self._running: set[asyncio.Task[None]] = set()
        self._outbox: asyncio.Queue[tuple[WorkerReply, str, BusDelivery]] = asyncio.Queue()

    @property
    def healthy(self) -> bool:
        """Whether every lane still has its consumer at the broker."""
        return len(self._subscriptions) == len(self._lanes) and all(s.healthy for s in self._subscriptions)

    async def run(self) -> None:
        """Serve all lanes until stopped; what was begun is finished and told."""
        teller = asyncio.create_task(self._tell(), name="worker-teller")
        try:
            async with asyncio.TaskGroup() as group:
                for lane, share in self._lanes.items():
                    group.create_task(self._serve(lane, share), name=f"lane-{lane}")
            while self._running:
                await asyncio.wait(self._running)
            await self._outbox.join()
        finally:
            teller.cancel()
            await asyncio.gather(teller, return_exceptions=True)

    async def stop(self) -> None:
        """Take no new release. ``run`` returns when the running ones have been told."""
        self._stopped.set()
        for subscription in self._subscriptions:
            await subscription.stop()

    async def _serve(self, lane: str, share: int) -> None:
        while not self._stopped.is_set():
            try:
                subscription = await self._bus.subscribe(lane_queue(lane), share)
            except AWAY as error:
                await self._patience.pause(error)
                continue
            self._subscriptions.append(subscription)
            async for batch in subscription.batches(share):
                for delivery in batch:
                    task = asyncio.create_task(self._one(delivery))
                    self._running.add(task)
                    task.add_done_callback(self._running.discard)
            return

    async def _one(self, delivery: BusDelivery) -> None:
        try:
            release = Release.from_bytes(delivery.body)
        except (ValueError, KeyError, TypeError) as error:
            log.warning("not a release", reason=str(error))
            await delivery.reject()
            return
        if self._stopped.is_set() and not delivery.redelivered:
            reply = self._deliver.given_back(release)
        else:
            reply = await self._deliver.run(release, redelivered=delivery.redelivered)
        await self._outbox.put((reply, release.traceparent, delivery))

    async def _tell(self) -> None:
        """Publish replies, many at once where there are many, and acknowledge the releases once they are confirmed."""
        while True:
            batch = [await self._outbox.get()]
            while len(batch) < 200 and not self._outbox.empty():
                batch.append(self._outbox.get_nowait())
            left = batch
            while left:
                left = await self._publish(left)
            for _ in batch:
                self._outbox.task_done()

    async def _publish(self, batch: list[tuple[WorkerReply, str, BusDelivery]]) -> list[tuple[WorkerReply, str, BusDelivery]]:
        messages = [BusMessage(r.to_bytes(), str(r.lease_id), {"traceparent": t} if t else {}) for r, t, _ in batch]
        try:
            confirmed = await self._bus.publish(REPLIES, messages)
        except AWAY as error:
            await self._patience.pause(error)
            if self._stopped.is_set():
                await asyncio.sleep(0.2)
            return batch
        self._patience.fine()
        left = []
        for item, ok in zip(batch, confirmed, strict=True):
            if ok:
                await item[2].ack()
            else:
                left.append(item)
        return left
