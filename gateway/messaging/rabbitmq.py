"""The bus on RabbitMQ.

One task keeps a session (a connection with all that hangs on it) alive: when it is lost, the next is opened, the topology
declared again, and every subscription finds its way back by itself, even when the broker comes back empty. The library's own
"robust" connection is not used: it restores channel by channel, and a consumer can be lost on the way (aio-pika #231).
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Sequence

import structlog
from yarl import URL

from gateway.application.bus import BusMessage, BusUnavailable
from gateway.messaging.broadcast import Broadcast
from gateway.messaging.session import Session
from gateway.messaging.subscription import WATCH_SECS, RabbitSubscription
from gateway.messaging.topology import Names

log = structlog.get_logger(__name__)

_FIRST_PAUSE_SECS = 0.1
_LONGEST_PAUSE_SECS = 2.0
_SUBSCRIBE_SECS = 15.0
_END_SECS = 1.0


class RabbitBus:
    """Implements ``gateway.application.bus.Bus`` on one connection to RabbitMQ. See ``factory.connect`` for the arguments."""

    def __init__(self, url: str, *, prefix: str, declare: bool, watch_secs: float = WATCH_SECS) -> None:
        self._url = url
        self._where = str(URL(url).with_user(None).with_query(None))
        self._names = Names(prefix)
        self._declare = declare
        self._watch_secs = watch_secs
        self._session: Session | None = None
        self._live = asyncio.Event()
        self._closing = False
        self._tried = asyncio.Event()
        self._supervisor: asyncio.Task[None] | None = None
        self._subscriptions: list[RabbitSubscription] = []
        self._broadcast = Broadcast(self._names)

    async def open(self) -> None:
        """Returns after the first attempt to connect, whatever came of it."""
        if self._supervisor is None:
            _quieten()
            self._supervisor = asyncio.create_task(self._supervise(), name="broker connection")
        await self._tried.wait()

    async def close(self) -> None:
        self._closing = True
        self._live.clear()
        subscriptions, self._subscriptions = self._subscriptions, []
        for subscription in subscriptions:
            await subscription.drop()
        tasks = [subscription.keeper for subscription in subscriptions]
        if self._supervisor is not None:
            self._supervisor.cancel()
            tasks.append(self._supervisor)
            self._supervisor = None
        await self._broadcast.close()
        # Time for what is being asked of the broker to be answered: the library can lose an answer while it closes.
        await _end(tasks)
        session, self._session = self._session, None
        if session is not None:
            await session.close()
        for task in tasks:
            task.cancel()
        await _end(tasks)

    @property
    def connected(self) -> bool:
        return self._session is not None and self._session.alive

    async def publish(self, queue: str, messages: Sequence[BusMessage]) -> list[bool]:
        name, exchange = self._names.queue(queue), self._names.exchange(queue)
        session = self._require()
        if not messages:
            return []
        await session.declare(queue)
        results = await session.publisher.publish(exchange, [(name, message) for message in messages], mandatory=True)
        if not all(results):
            session.forget(queue)  # perhaps it was deleted: declared again before the next attempt
        return results

    async def offer(self, queue: str, messages: Sequence[BusMessage]) -> list[bool]:
        name, exchange = self._names.queue(queue), self._names.exchange(queue)
        try:
            session = self._require()
            await session.declare(queue)
            return await session.spare.publish(exchange, [(name, message) for message in messages], mandatory=True)
        except BusUnavailable as error:
            log.debug("offer_not_taken", queue=queue, reason=str(error))
            return [False] * len(messages)

    async def publish_events(self, events: Sequence[tuple[str, BusMessage]]) -> list[bool]:
        session = self._require()
        if not events:
            return []
        await session.declare_events()
        results = await session.publisher.publish(self._names.events, events, mandatory=False)
        if not all(results):
            session.forget()
        return results

    async def subscribe(self, queue: str, prefetch: int) -> RabbitSubscription:
        self._names.queue(queue)
        if self._supervisor is None:
            raise BusUnavailable("the bus is not open")
        subscription = RabbitSubscription(queue, prefetch, self._names, self._next_session, self._watch_secs)
        self._subscriptions.append(subscription)
        if self.connected:
            try:
                async with asyncio.timeout(_SUBSCRIBE_SECS):
                    await subscription.tried()
            except TimeoutError:
                log.debug("subscription_goes_on_in_background", queue=queue)
        return subscription

    async def depth(self, queue: str) -> int:
        state = await self._require().inspect(queue)
        return state.waiting if state else 0

    async def wake(self, topic: str) -> None:
        self._broadcast.wake(topic)

    async def wait(self, topic: str, timeout: float) -> None:
        await self._broadcast.wait(topic, timeout)

    def _require(self) -> Session:
        session = self._session
        if session is None or not session.alive:
            raise BusUnavailable(f"no connection to the broker at {self._where}")
        return session

    async def _next_session(self) -> Session:
        while True:
            await self._live.wait()
            if self._session is not None and self._session.alive:
                return self._session
            await asyncio.sleep(0)

    async def _supervise(self) -> None:
        while not self._closing:
            session = await self._connect()
            log.info("broker_connected", broker=self._where)
            self._session = session
            await self._broadcast.attach(session)
            self._live.set()
            self._tried.set()
            why = await session.lost()
            self._live.clear()
            self._session = None
            self._broadcast.detach()
            log.warning("broker_lost", broker=self._where, reason=why, note="connecting again")

    async def _connect(self) -> Session:
        pause, complained = _FIRST_PAUSE_SECS, False
        while True:
            try:
                return await Session.open(self._url, self._names, declare=self._declare)
            except BusUnavailable as error:
                if not complained:
                    log.warning("broker_unreachable", broker=self._where, reason=str(error), note="trying on until it is there")
            except Exception:  # whatever it was: a task that ended here would leave a quiet gateway without a broker
                log.exception("broker_connection_failed", broker=self._where)
            complained = True
            self._tried.set()
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - spreads processes, keeps no secret
            pause = min(pause * 2, _LONGEST_PAUSE_SECS)


async def _end(tasks: Sequence[asyncio.Task[None]]) -> None:
    if tasks:
        await asyncio.wait(tasks, timeout=_END_SECS)


def _quieten() -> None:
    """The library logs every lost connection several times, with stack traces; our own lines above say it once."""
    for name in ("aiormq", "aio_pika"):
        logger = logging.getLogger(name)
        if logger.level == logging.NOTSET:
            logger.setLevel(logging.CRITICAL)
