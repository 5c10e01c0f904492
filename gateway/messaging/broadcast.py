"""Wake-ups between processes: an exchange, and for each process that waits an exclusive queue that dies with it.

A process hears only the topics it waits for: at load there are several wake-ups a case, and nobody pays for another's.

Best effort by design: nothing here is confirmed, retried or kept.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from uuid import uuid4

import structlog
from aiormq import Channel, spec
from aiormq.abc import DeliveredMessage

from gateway.application.bus import BusUnavailable
from gateway.messaging.errors import broker_errors
from gateway.messaging.limits import RPC_SECS
from gateway.messaging.session import Session
from gateway.messaging.topology import Names
from gateway.messaging.wakeups import WakeUps

log = structlog.get_logger(__name__)

_END_SECS = 1.0
JOIN_SECS = 0.005
"""The first wake-up goes at once; those that follow within this time travel as one."""


class Broadcast:
    """Sends and receives the wake-ups of one bus."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._instance = uuid4().hex
        self._local = WakeUps()
        self._session: Session | None = None
        self._channel: Channel | None = None
        self._heard: set[str] = set()
        self._listening: Channel | None = None
        self._refused = False
        self._topics: set[str] = set()
        self._sent_at = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._joining = asyncio.Lock()

    def wake(self, topic: str) -> None:
        """Wake this process at once, the others within ``JOIN_SECS``."""
        self._local.wake(topic)
        if self._session is not None and not self._refused:
            self._topics.add(topic)
            if self._timer is None:
                loop = asyncio.get_running_loop()
                self._timer = loop.call_at(max(loop.time(), self._sent_at + JOIN_SECS), self._flush)

    async def wait(self, topic: str, timeout: float) -> None:
        if topic not in self._heard:
            self._heard.add(topic)
            if self._session is not None:
                await self._listen(self._session, [topic])
        await self._local.wait(topic, timeout)

    async def attach(self, session: Session) -> None:
        """Use a new session."""
        self._session, self._channel, self._listening, self._refused = session, None, None, False
        if self._heard:
            await self._listen(session, sorted(self._heard))

    def detach(self) -> None:
        """The session is lost."""
        self._session = self._channel = self._listening = None

    async def close(self) -> None:
        self.detach()
        if self._timer is not None:
            self._timer.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=_END_SECS)

    async def _listen(self, session: Session, topics: Sequence[str]) -> None:
        queue = f"{self._names.wake}.{self._instance}"
        try:
            async with self._joining, broker_errors("listening for wake-ups"):
                channel = self._listening
                if channel is None:
                    await session.declare_events()
                    channel = await session.channel(confirms=False)
                    await channel.queue_declare(queue, exclusive=True, auto_delete=True, timeout=RPC_SECS)
                    await channel.basic_consume(queue, self._receive, no_ack=True, timeout=RPC_SECS)
                    self._listening = channel
                for topic in topics:
                    await channel.queue_bind(queue, self._names.wake, topic, timeout=RPC_SECS)
        except BusUnavailable as error:
            log.debug("wake_ups_not_heard", reason=str(error), note="work is found by its time instead")

    async def _receive(self, message: DeliveredMessage) -> None:
        if message.header.properties.app_id != self._instance:
            self._local.wake(message.routing_key or "")

    def _flush(self) -> None:
        self._timer = None
        self._sent_at = asyncio.get_running_loop().time()
        task = asyncio.create_task(self._send())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _send(self) -> None:
        topics, self._topics = self._topics, set()
        session = self._session
        if session is None or not topics:
            return
        try:
            async with broker_errors("waking"):
                channel = self._channel
                if channel is None:
                    channel = self._channel = await session.channel(confirms=False)
                elif channel.is_closed:
                    # The broker closed it: the exchange is not there, or this user may not write to it.
                    self._refused = True
                    return
                for topic in sorted(topics):
                    await channel.basic_publish(
                        b"",
                        exchange=self._names.wake,
                        routing_key=topic,
                        properties=spec.Basic.Properties(app_id=self._instance, delivery_mode=1),
                        wait=False,
                    )
        except BusUnavailable as error:
            log.debug("wake_up_not_sent", reason=str(error))
