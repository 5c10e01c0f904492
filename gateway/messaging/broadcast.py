"""Wake-ups between processes: a fanout exchange, and for each process that waits an exclusive queue that dies with it.

Best effort by design: nothing here is confirmed, retried or kept.
"""

from __future__ import annotations

import asyncio
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
"""Wake-ups of one topic within this time travel as one: at full load there is one for each commit."""


class Broadcast:
    """Sends and receives the wake-ups of one bus."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._instance = uuid4().hex
        self._local = WakeUps()
        self._session: Session | None = None
        self._channel: Channel | None = None
        self._listens = False
        self._refused = False
        self._topics: set[str] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def wake(self, topic: str) -> None:
        """Wake this process at once, the others within ``JOIN_SECS``."""
        self._local.wake(topic)
        if self._session is not None and not self._refused:
            self._topics.add(topic)
            if self._timer is None:
                self._timer = asyncio.get_running_loop().call_later(JOIN_SECS, self._flush)

    async def wait(self, topic: str, timeout: float) -> None:
        if not self._listens:
            self._listens = True
            if self._session is not None:
                await self._listen(self._session)
        await self._local.wait(topic, timeout)

    async def attach(self, session: Session) -> None:
        """Use a new session."""
        self._session, self._channel, self._refused = session, None, False
        if self._listens:
            await self._listen(session)

    def detach(self) -> None:
        """The session is lost."""
        self._session = self._channel = None

    async def close(self) -> None:
        self.detach()
        if self._timer is not None:
            self._timer.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=_END_SECS)

    async def _listen(self, session: Session) -> None:
        try:
            async with broker_errors("listening for wake-ups"):
                await session.declare_events()
                channel = await session.channel(confirms=False)
                queue = f"{self._names.wake}.{self._instance}"
                await channel.queue_declare(queue, exclusive=True, auto_delete=True, timeout=RPC_SECS)
                await channel.queue_bind(queue, self._names.wake, timeout=RPC_SECS)
                await channel.basic_consume(queue, self._receive, no_ack=True, timeout=RPC_SECS)
        except BusUnavailable as error:
            log.debug("wake_ups_not_heard", reason=str(error), note="work is found by its time instead")

    async def _receive(self, message: DeliveredMessage) -> None:
        if message.header.properties.app_id != self._instance:
            for topic in message.body.decode("utf-8", "replace").split("\n"):
                self._local.wake(topic)

    def _flush(self) -> None:
        self._timer = None
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
                await channel.basic_publish(
                    "\n".join(sorted(topics)).encode(),
                    exchange=self._names.wake,
                    properties=spec.Basic.Properties(app_id=self._instance, delivery_mode=1),
                    wait=False,
                )
        except BusUnavailable as error:
            log.debug("wake_up_not_sent", reason=str(error))
