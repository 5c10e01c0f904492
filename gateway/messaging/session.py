"""One connection to RabbitMQ, from its opening to its loss. A lost one is never repaired: the bus opens the next."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import cast

import aio_pika
from aio_pika.exceptions import ChannelNotFoundEntity
from aiormq import Channel
from yarl import URL

from gateway.application.bus import DEAD, REPLIES, BusUnavailable
from gateway.messaging.errors import broker_errors, reason
from gateway.messaging.publisher import Publisher
from gateway.messaging.topology import Names, declare_events, declare_queue, declare_wake

CONNECT_SECS = 10.0
RPC_SECS = 10.0
_HEARTBEAT_SECS = "10"
_FRAMES = 512  # of a channel: with the library's ten, its reader and its consumer wait for each other at every third message
_EVENTS = "#events"


@dataclass(frozen=True, slots=True)
class QueueState:
    """What the broker says of a queue."""

    waiting: int
    consumers: int


class Session:
    """A live connection with its publisher, its declared names and its channels."""

    def __init__(self, connection: aio_pika.abc.AbstractConnection, url: URL, names: Names, *, declare: bool) -> None:
        if connection.transport is None:
            raise BusUnavailable("connecting: the connection closed")
        self._connection = connection
        self._transport = connection.transport.connection
        self._names = names
        self._declare = declare
        self._declared: set[str] = set()
        self._declaring = asyncio.Lock()
        self._lost = asyncio.Event()
        self._reason = "closed"
        self._transport.closing.add_done_callback(self._ended)
        self.publisher = Publisher(self.channel, url.user or "guest")

    @classmethod
    async def open(cls, url: str, names: Names, *, declare: bool) -> Session:
        """Connect and declare what every deployment has. Raises ``BusUnavailable``."""
        target = URL(url)
        if "heartbeat" not in target.query:
            target = target.update_query(heartbeat=_HEARTBEAT_SECS)
        async with broker_errors("connecting"):
            async with asyncio.timeout(CONNECT_SECS):
                connection = await aio_pika.connect(target)
            session = cls(connection, target, names, declare=declare)
        try:
            if declare:
                await session.declare(DEAD)
                await session.declare(REPLIES)
                await session.declare_events()
        except BaseException:
            await session.close()
            raise
        return session

    @property
    def alive(self) -> bool:
        return not self._lost.is_set()

    async def lost(self) -> str:
        """Wait until the connection is gone; return why."""
        await self._lost.wait()
        return self._reason

    async def close(self) -> None:
        """Close the connection; never raises and never hangs on a broker that does not answer."""
        try:
            async with broker_errors("closing"), asyncio.timeout(RPC_SECS):
                await self._connection.close()
        except BusUnavailable:
            self._lost.set()

    async def channel(self, *, confirms: bool = True) -> Channel:
        """Open a channel. Raises ``BusUnavailable``."""
        async with broker_errors("opening a channel"):
            if not self.alive:
                raise BusUnavailable("opening a channel: the connection closed")
            opened = await self._transport.channel(
                publisher_confirms=confirms, frame_buffer_size=_FRAMES, timeout=RPC_SECS, on_return_raises=False
            )
            return cast("Channel", opened)

    async def declare(self, logical: str) -> None:
        """Declare a queue once in a session. Does nothing for a user that declares nothing. Raises ``BusUnavailable``."""
        if not self._declare or logical in self._declared:
            return
        async with self._declaring, broker_errors(f"declaring {self._names.queue(logical)}"), asyncio.timeout(RPC_SECS):
            async with _Scratch(self) as channel:
                await declare_queue(channel, self._names, logical)
            self._declared.add(logical)

    async def declare_events(self) -> None:
        """Declare the exchanges of events and of wake-ups, once in a session. Raises ``BusUnavailable``."""
        if not self._declare or _EVENTS in self._declared:
            return
        async with self._declaring, broker_errors(f"declaring {self._names.events}"), asyncio.timeout(RPC_SECS):
            async with _Scratch(self) as channel:
                await declare_events(channel, self._names)
                await declare_wake(channel, self._names)
            self._declared.add(_EVENTS)

    def forget(self, logical: str = _EVENTS) -> None:
        """Something may have deleted it on the broker: it is declared again before its next use."""
        self._declared.discard(logical)

    async def inspect(self, logical: str) -> QueueState | None:
        """Return what the broker says of a queue; None when it is not there. Raises ``BusUnavailable``."""
        async with broker_errors(f"inspecting {logical}"), asyncio.timeout(RPC_SECS):
            async with _Scratch(self) as channel:
                try:
                    found = await channel.queue_declare(self._names.queue(logical), passive=True)
                except ChannelNotFoundEntity:
                    self.forget(logical)
                    return None
            return QueueState(found.message_count or 0, found.consumer_count or 0)

    def _ended(self, closing: asyncio.Future[object]) -> None:
        self._reason = "closed" if closing.cancelled() else reason(closing.exception())
        self._lost.set()


class _Scratch:
    """A channel for one or two calls. The broker closes a channel at every refusal, so such calls never share one."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._channel: Channel | None = None

    async def __aenter__(self) -> Channel:
        self._channel = await self._session.channel(confirms=False)
        return self._channel

    async def __aexit__(self, *_: object) -> None:
        if self._channel is not None and not self._channel.is_closed:
            await self._channel.close()
