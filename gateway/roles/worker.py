"""The worker's loop: releases of its lanes in, replies out. It knows no database (promise 8)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import structlog

from gateway.application.bus import REPLIES, Bus, BusDelivery, BusMessage, lane_queue
from gateway.application.deliver import Deliver
from gateway.application.release import Release
from gateway.domain.outcomes import name_of
from gateway.roles.hands import Hands
from gateway.roles.patience import AWAY, Patience
from gateway.roles.tracing import processing
from gateway.telemetry.logs import bound

log = structlog.get_logger(__name__)

#: How many replies go out in one publish at most.
BATCH = 200
#: ``attempted(agency, operation, outcome, seconds)`` after each try at an agency.
Attempted = Callable[[str, str, str, float], None]
_Told = tuple[BusMessage, BusDelivery]


def _uncounted(agency: str, operation: str, outcome: str, seconds: float) -> None:
    """Count nothing."""


class Worker:
    """``lanes`` maps each lane to this process's share of its concurrency."""

    def __init__(self, deliver: Deliver, bus: Bus, lanes: Mapping[str, int], attempted: Attempted = _uncounted) -> None:
        self._deliver = deliver
        self._bus = bus
        self._lanes = lanes
        self._attempted = attempted
        self._stopped = asyncio.Event()
        self._patience = Patience("worker", self._stopped)
        self._hands = Hands()
        self._running: set[asyncio.Task[None]] = set()
        self._outbox: asyncio.Queue[_Told] = asyncio.Queue()

    @property
    def healthy(self) -> bool:
        """Whether every lane still has its consumer at the broker."""
        subscriptions = self._hands.subscriptions
        return len(subscriptions) == len(self._lanes) and all(s.healthy for s in subscriptions)

    async def run(self) -> None:
        """Serve all lanes until stopped; what was begun is finished and told. Raises what a task of it died of."""
        tasks = [asyncio.create_task(self._work(), name="worker-lanes"), asyncio.create_task(self._tell(), name="worker-teller")]
        try:
            ended, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in ended:
                task.result()
        finally:
            left = [*tasks, *self._running]
            for task in left:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)
            await self._hands.empty()

    async def stop(self) -> None:
        """Take no new release. ``run`` returns when the running ones have been told."""
        self._stopped.set()
        await self._hands.stop()

    async def _work(self) -> None:
        async with asyncio.TaskGroup() as group:
            for lane, share in self._lanes.items():
                group.create_task(self._serve(lane, share), name=f"lane-{lane}")
        while self._running:
            await asyncio.wait(self._running)
        await self._outbox.join()

    async def _serve(self, lane: str, share: int) -> None:
        while not self._stopped.is_set():
            try:
                subscription = await self._bus.subscribe(lane_queue(lane), share)
            except AWAY as error:
                await self._patience.pause(error)
                continue
            self._hands.subscriptions.append(subscription)
            if self._stopped.is_set():  # stopped while it was being made: then nobody else stops it
                await subscription.stop()
            async for batch in subscription.batches(share):
                self._hands.take(batch)
                for delivery in batch:
                    task = asyncio.create_task(self._one(delivery))
                    self._running.add(task)
                    task.add_done_callback(self._running.discard)
            return

    async def _one(self, delivery: BusDelivery) -> None:
        try:
            release = Release.from_bytes(delivery.body)
        except ValueError as error:
            log.warning("refused", reason=str(error))
            await self._hands.reject(delivery)
            return
        lease, given = str(release.lease_id), release.traceparent
        known = {"case": str(release.case_id), "request": str(release.request_id)} | ({"trace_id": given[3:35]} if given else {})
        queue, case = lane_queue(release.lane), str(release.case_id)
        with bound(**known), processing(queue, delivery.headers, lease, given, case) as traceparent:
            traced = release if traceparent == given else replace(release, traceparent=traceparent)
            body = await self._try(traced, redelivered=delivery.redelivered)
        headers = {"traceparent": traceparent} if traceparent else {}
        await self._outbox.put((BusMessage(body, lease, headers), delivery))

    async def _try(self, release: Release, *, redelivered: bool) -> bytes:
        """Return what to tell the tracker: always something, for without a word a release keeps its place in the lane."""
        if self._stopped.is_set() and not redelivered:
            return self._deliver.given_back(release).to_bytes()
        try:
            reply = await self._deliver.run(release, redelivered=redelivered)
            body = reply.to_bytes()
        except Exception as error:  # a mistake of our own: whether a byte has left nobody can say
            log.exception("delivering failed", agency=release.agency, operation=release.operation)
            return self._deliver.failed(release, error).to_bytes()
        self._attempted(release.agency, release.message.operation, name_of(reply.outcome), reply.detail.get("seconds", 0.0))
        return body

    async def _tell(self) -> None:
        """Publish replies, many at once where there are many, and acknowledge the releases once they are confirmed."""
        while True:
            batch = [await self._outbox.get()]
            while len(batch) < BATCH and not self._outbox.empty():
                batch.append(self._outbox.get_nowait())
            left: Sequence[_Told] = batch
            while left:
                left = await self._publish(left)
            for _ in batch:
                self._outbox.task_done()

    async def _publish(self, batch: Sequence[_Told]) -> Sequence[_Told]:
        """Return what the broker did not confirm; that is told again, which the tracker bears."""
        try:
            confirmed = await self._bus.publish(REPLIES, [message for message, _ in batch])
        except AWAY as error:
            await self._wait(error)
            return batch
        left = []
        for told, ok in zip(batch, confirmed, strict=True):
            if ok:
                await self._hands.ack(told[1])
            else:
                left.append(told)
        if left:
            await self._wait(RuntimeError("the broker did not confirm replies"))
        else:
            self._patience.fine()
        return left

    async def _wait(self, error: Exception) -> None:
        await self._patience.pause(error)
        if self._stopped.is_set():  # the pause ends at once then; the supervisor's grace bounds how long we insist
            await asyncio.sleep(0.2)
