"""A consumer on RabbitMQ that finds its way back: after a lost connection, a cancelled consumer, a deleted queue.

One task keeps it: it waits for a session, consumes, and watches. The watchdog asks the broker from time to time, because a
consumer can be gone without a word: the queue has no consumer at all, or messages wait and none come although there is room.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import structlog
from aiormq.abc import DeliveredMessage

from gateway.application.bus import DEAD_FROM, DEAD_REASON, BusUnavailable
from gateway.messaging.errors import broker_errors
from gateway.messaging.limits import RPC_SECS
from gateway.messaging.session import Session
from gateway.messaging.settling import Settlement, Settler
from gateway.messaging.topology import Names

log = structlog.get_logger(__name__)

WATCH_SECS = 15.0
_RETRY_SECS = 0.5


class RabbitSubscription:
    """Implements ``gateway.application.bus.Subscription``."""

    def __init__(
        self, queue: str, prefetch: int, names: Names, live: Callable[[], Awaitable[Session]], watch_secs: float = WATCH_SECS
    ) -> None:
        self._queue = queue
        self._prefetch = prefetch
        self._names = names
        self._live = live
        self._watch_secs = watch_secs
        self._buffer: deque[RabbitDelivery] = deque()
        self._arrived = asyncio.Event()
        self._tried = asyncio.Event()
        self._disturbed = asyncio.Event()
        self._settler: Settler | None = None
        self._tag = ""
        self._received = 0
        self._stopped = False
        self._idle = False
        self._consuming = False
        self._complained = ""
        self.keeper = asyncio.create_task(self._keep(), name=f"subscription {queue}")

    async def batches(self, most: int) -> AsyncIterator[Sequence[RabbitDelivery]]:
        buffer = self._buffer
        while True:
            while not buffer:
                if self._stopped:
                    return
                self._arrived.clear()
                await self._arrived.wait()
            yield [buffer.popleft() for _ in range(min(most, len(buffer)))]

    @property
    def healthy(self) -> bool:
        return self._consuming

    async def tried(self) -> None:
        """Wait until the first attempt to consume has ended, well or not."""
        await self._tried.wait()

    async def stop(self) -> None:
        if self._stopped:
            return
        self._end()
        await asyncio.wait([self.keeper])
        settler = self._settler
        if settler is not None:
            try:
                async with broker_errors("cancelling a consumer"):
                    await settler.channel.basic_cancel(self._tag, timeout=RPC_SECS)
            except BusUnavailable as error:
                log.debug("consumer_not_cancelled", queue=self._queue, reason=str(error))
                settler.abandon()
            else:
                settler.finish()
        self._arrived.set()

    async def drop(self) -> None:
        """The bus closes: hand out nothing more, and tell the broker what was settled. What was not comes again."""
        self._end()
        self._buffer.clear()
        self._arrived.set()
        if self._settler is not None:
            await self._settler.drained()

    def _end(self) -> None:
        self._stopped = True
        if self._idle:
            self.keeper.cancel()

    @contextmanager
    def _idling(self) -> Iterator[None]:
        """The keeper is cancelled only where it waits for nothing from the broker.

        A call to the broker that is cancelled half way leaves its channel in a state that the library cannot always leave.
        """
        self._idle = True
        try:
            yield
        finally:
            self._idle = False

    async def _pause(self) -> None:
        self._tried.set()
        if not self._stopped:
            with self._idling():
                await asyncio.sleep(_RETRY_SECS)

    async def _keep(self) -> None:
        while not self._stopped:
            with self._idling():
                session = await self._live()
            try:
                await self._consume(session)
                self._complained = ""
                self._tried.set()
                await self._watch(session)
            except BusUnavailable as error:
                self._complain(str(error))
                await self._pause()
            except Exception:  # whatever it was: a consumer that ended here would never be missed
                log.exception("subscription_failed", queue=self._queue)
                await self._pause()
            finally:
                self._consuming = False

    async def _consume(self, session: Session) -> None:
        """Consume on the channel that is still open, so that what it handed out can be settled, else on a new one."""
        await session.declare(self._queue)
        settler = self._settler
        if settler is None or settler.channel.is_closed:
            # What the old channel brought and nobody took yet comes again: the broker has it back.
            self._buffer.clear()
            self._tag = ""
            settler = self._settler = Settler(await session.channel(confirms=False))
            settler.channel.closing.add_done_callback(self._disturb)
            settler.channel.on_consumer_cancel_callbacks.add(self._disturb)
        channel, old, self._tag = settler.channel, self._tag, f"{self._names.prefix}-{uuid4().hex}"
        self._disturbed.clear()
        try:
            async with broker_errors(f"consuming {self._queue}"):
                if old:
                    await channel.basic_cancel(old, timeout=RPC_SECS)
                await channel.basic_qos(prefetch_count=self._prefetch, timeout=RPC_SECS)
                receive = _receiver(settler, self)
                await channel.basic_consume(self._names.queue(self._queue), receive, consumer_tag=self._tag, timeout=RPC_SECS)
        except BusUnavailable:
            self._settler = None  # after a refusal or a silence the channel is of no use any more
            settler.abandon()
            raise
        self._consuming = True

    async def _watch(self, session: Session) -> None:
        """Return when the consumer is gone."""
        starved_since: int | None = None
        while not self._stopped:
            if await self._disturbed_within(self._watch_secs):
                return
            state = await session.inspect(self._queue)
            if state is None or not state.consumers:
                log.warning("consumer_vanished", queue=self._queue, note="the broker does not know it; consuming again")
                return
            settler = self._settler
            starved = bool(state.waiting) and settler is not None and settler.open < self._prefetch
            if starved and starved_since == self._received:
                log.warning("consumer_starved", queue=self._queue, waiting=state.waiting, note="consuming again")
                return
            starved_since = self._received if starved else None

    async def _disturbed_within(self, secs: float) -> bool:
        try:
            with self._idling():
                async with asyncio.timeout(secs):
                    await self._disturbed.wait()
        except TimeoutError:
            return False
        return True

    def accept(self, settler: Settler, message: DeliveredMessage) -> None:
        """Take a delivery from the broker."""
        if settler is not self._settler:
            return
        tag = message.delivery_tag or 0
        settler.received(tag)
        self._received += 1
        self._buffer.append(RabbitDelivery(settler, message, tag, self._names))
        self._arrived.set()

    def _disturb(self, _: object) -> None:
        self._consuming = False
        self._disturbed.set()

    def _complain(self, reason: str) -> None:
        # Once for each reason: it is tried twice a second.
        if reason != self._complained and not self._stopped:
            self._complained = reason
            log.warning("consumer_waits", queue=self._queue, reason=reason)


def _receiver(settler: Settler, subscription: RabbitSubscription) -> Callable[[DeliveredMessage], Any]:
    async def receive(message: DeliveredMessage) -> None:
        subscription.accept(settler, message)

    return receive


class RabbitDelivery:
    """Implements ``gateway.application.bus.BusDelivery``."""

    __slots__ = ("_message", "_names", "_settler", "_tag")

    def __init__(self, settler: Settler, message: DeliveredMessage, tag: int, names: Names) -> None:
        self._settler = settler
        self._message = message
        self._tag = tag
        self._names = names

    @property
    def body(self) -> bytes:
        return self._message.body

    @property
    def headers(self) -> Mapping[str, str]:
        given: Mapping[str, Any] = self._message.header.properties.headers or {}
        headers = {name: value for name, value in given.items() if isinstance(value, str)}
        queue = headers.pop("x-first-death-queue", "")
        if queue:
            headers[DEAD_FROM] = self._names.logical(queue)
            headers[DEAD_REASON] = headers.pop("x-first-death-reason", "")
            headers.pop("x-first-death-exchange", None)
        return headers

    @property
    def redelivered(self) -> bool:
        return bool(self._message.redelivered)

    @property
    def user_id(self) -> str:
        return self._message.header.properties.user_id or ""

    async def ack(self) -> None:
        self._settler.settle(self._tag, Settlement.ACK)

    async def give_back(self) -> None:
        self._settler.settle(self._tag, Settlement.GIVE_BACK)

    async def reject(self) -> None:
        self._settler.settle(self._tag, Settlement.REJECT)
