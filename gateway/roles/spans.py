"""The loops of the trace store: recorded spans go to it, straight or over the bus, and old ones are deleted.

None of them is waited for by anybody. What cannot be kept is counted and forgotten.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import uuid4

import structlog

from gateway.application.bus import SPANS, Bus, BusDelivery, BusMessage
from gateway.application.spans import SpanRecord, SpanStore, spans_from_bytes, spans_to_bytes
from gateway.application.store import StoreUnavailable
from gateway.roles.hands import Hands
from gateway.roles.patience import AWAY, Patience
from gateway.telemetry.recorder import Recorder

log = structlog.get_logger(__name__)

#: How long spans gather before they are written: a person who looks at a case just handed in waits no longer.
EVERY_SECS: Final = 1.0
#: How many go in one statement, or one message.
BATCH: Final = 500
#: After a refusal it is tried again so much later; meanwhile the recorder gathers and drops.
_REFUSED_SECS: Final = 10.0
_FORGET_SECS: Final = 600.0
_PREFETCH: Final = 20

#: Takes spans; returns whether it did. Never raises.
Put = Callable[[Sequence[SpanRecord]], Awaitable[bool]]
#: ``dropped(why, count)``: spans that nobody will see.
Dropped = Callable[[str, int], None]


class SpanPump:
    """Takes what a process has recorded and puts it where it is kept."""

    def __init__(self, recorder: Recorder, put: Put, dropped: Dropped, *, every_secs: float = EVERY_SECS) -> None:
        self._recorder = recorder
        self._put = put
        self._dropped = dropped
        self._every = every_secs
        self._stopped = asyncio.Event()

    async def run(self) -> None:
        """Pump until stopped."""
        while not self._stopped.is_set():
            wait = self._every if await self.flush() else _REFUSED_SECS
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopped.wait(), wait)

    async def flush(self) -> bool:
        """Put all that is recorded now; return whether it was taken. The rest of a refusal stays with the recorder."""
        while batch := self._recorder.take(BATCH):
            if not await self._put(batch):
                self._dropped("refused", len(batch))
                return False
        return True

    async def stop(self) -> None:
        """Let ``run`` end. What is recorded after that is for ``flush``."""
        self._stopped.set()


def into_store(store: SpanStore) -> Put:
    """Return what writes spans to the database."""

    async def put(spans: Sequence[SpanRecord]) -> bool:
        try:
            await store.keep_spans(spans)
        except StoreUnavailable:
            return False
        return True

    return put


def over_bus(bus: Bus) -> Put:
    """Return what hands spans to a process that has a database (promise 8)."""

    async def put(spans: Sequence[SpanRecord]) -> bool:
        (taken,) = await bus.offer(SPANS, [BusMessage(spans_to_bytes(spans), uuid4().hex)])
        return taken

    return put


class SpanCollector:
    """Keeps what workers hand over."""

    def __init__(self, bus: Bus, store: SpanStore, dropped: Dropped) -> None:
        self._bus = bus
        self._store = store
        self._dropped = dropped
        self._stopped = asyncio.Event()
        self._patience = Patience("traces", self._stopped)
        self._hands = Hands()

    async def run(self) -> None:
        """Collect until stopped."""
        try:
            while not self._stopped.is_set():
                try:
                    subscription = await self._bus.subscribe(SPANS, _PREFETCH)
                except AWAY as error:
                    await self._patience.pause(error)
                    continue
                self._hands.subscriptions.append(subscription)
                if self._stopped.is_set():  # stopped while it was being made: then nobody else stops it
                    await subscription.stop()
                async for batch in subscription.batches(_PREFETCH):
                    self._hands.take(batch)
                    for delivery in batch:
                        await self._keep(delivery)
                return
        finally:
            await self._hands.empty()

    async def stop(self) -> None:
        """Take nothing new."""
        self._stopped.set()
        await self._hands.stop()

    async def _keep(self, delivery: BusDelivery) -> None:
        try:
            spans = spans_from_bytes(delivery.body, "worker")
        except ValueError as error:
            log.warning("spans refused", reason=str(error), user=delivery.user_id)
            self._dropped("unreadable", 1)
            await self._hands.ack(delivery)  # they have no dead letters: what is wrong is gone
            return
        if not await into_store(self._store)(spans):
            self._dropped("refused", len(spans))
        await self._hands.ack(delivery)


class SpanKeeper:
    """Deletes spans that are older than ``days``, a batch at a time."""

    def __init__(self, store: SpanStore, days: int, now: Callable[[], datetime], *, batch: int = 5000) -> None:
        self._store = store
        self._age = timedelta(days=days)
        self._now = now
        self._batch = batch
        self._stopped = asyncio.Event()
        self._patience = Patience("traces", self._stopped)

    async def run(self) -> None:
        """Look every few minutes until stopped."""
        while not self._stopped.is_set():
            await self._patience.insist(self.forget)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopped.wait(), _FORGET_SECS)

    async def forget(self) -> int:
        """Delete all that is too old now, each batch by itself; return how many. Raises ``StoreUnavailable``."""
        before = int((self._now() - self._age).timestamp() * 1_000_000)
        gone = 0
        while not self._stopped.is_set():
            met = await self._store.forget_spans(before, self._batch)
            gone += met
            if met < self._batch:
                break
        return gone

    async def stop(self) -> None:
        """Let ``run`` end."""
        self._stopped.set()
