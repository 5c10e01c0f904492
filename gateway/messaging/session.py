"""One connection to RabbitMQ, from its opening to its loss. A lost one is never repaired: the bus opens the next."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import cast

import aio_pika
from aio_pika.exceptions import ChannelNotFoundEntity
from aiormq import Channel
from aiormq.abc import ChannelFrame
from yarl import URL

from gateway.application.bus import DEAD, REPLIES, BusUnavailable
from gateway.messaging.errors import broker_errors, reason
from gateway.messaging.limits import RPC_SECS
from gateway.messaging.publisher import Publisher
from gateway.messaging.topology import Names, declare_events, declare_queue, declare_wake

CONNECT_SECS = 10.0
_HEARTBEAT_SECS = "10"
_FRAMES = 512  # of a channel: with the library's ten, its reader and its consumer wait for each other at every third message
_EVENTS = "#events"
_REFUSED_VHOST = "Connection.OpenOk"


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
        self._closing: set[asyncio.Task[None]] = set()
        self._lost = asyncio.Event()
        self._reason = "closed"
        self._transport.closing.add_done_callback(self._ended)
        self.publisher = Publisher(self.channel, url.user or "guest")
        #: For what may be lost: the broker closes a channel at every refusal, and replies must not share one with that.
        self.spare = Publisher(self.channel, url.user or "guest", persistent=False)

    @classmethod
    async def open(cls, url: str, names: Names, *, declare: bool) -> Session:
        """Connect and declare what every deployment has. Raises ``BusUnavailable``."""
        target = URL(url)
        if "heartbeat" not in target.query:
            target = target.update_query(heartbeat=_HEARTBEAT_SECS)
        try:
            async with broker_errors("connecting"), asyncio.timeout(CONNECT_SECS):
                connection = await aio_pika.connect(target)
        except BusUnavailable as error:
            if _REFUSED_VHOST not in str(error):
                raise
            # The library does not say what the broker said.
            where = target.path.lstrip("/") or "/"
            raise BusUnavailable(f"the virtual host {where!r} is not there, or this user may not use it") from error
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
        """Close the connection once all is written; never raises and never hangs on a broker that does not answer."""
        await asyncio.wait([asyncio.create_task(self._close())], timeout=RPC_SECS)
        self._lost.set()

    async def _close(self) -> None:
        try:
            async with broker_errors("closing"):
                if self.alive:
                    # The library drops what still waits to be written when it closes.
                    written: asyncio.Future[None] = asyncio.get_running_loop().create_future()
                    await self._transport.write_queue.put(ChannelFrame(b"", should_close=False, drain_future=written))
                    await written
                await self._connection.close()
        except BusUnavailable:
            return

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
        async with self._declaring, broker_errors(f"declaring {self._names.queue(logical)}"):
            async with self._scratch() as channel:
                await declare_queue(channel, self._names, logical)
            self._declared.add(logical)

    async def declare_events(self) -> None:
        """Declare the exchanges of events and of wake-ups, once in a session. Raises ``BusUnavailable``."""
        if not self._declare or _EVENTS in self._declared:
            return
        async with self._declaring, broker_errors(f"declaring {self._names.events}"):
            async with self._scratch() as channel:
                await declare_events(channel, self._names)
                await declare_wake(channel, self._names)
            self._declared.add(_EVENTS)

    def forget(self, logical: str = _EVENTS) -> None:
        """Something may have deleted it on the broker: it is declared again before its next use."""
        self._declared.discard(logical)

    async def inspect(self, logical: str) -> QueueState | None:
        """Return what the broker says of a queue; None when it is not there. Raises ``BusUnavailable``."""
        async with broker_errors(f"inspecting {logical}"), self._scratch() as channel:
            try:
                found = await channel.queue_declare(self._names.queue(logical), passive=True, timeout=RPC_SECS)
            except ChannelNotFoundEntity:
                self.forget(logical)
                return None
            return QueueState(found.message_count or 0, found.consumer_count or 0)

    @asynccontextmanager
    async def _scratch(self) -> AsyncIterator[Channel]:
        """A channel for a few calls. The broker closes a channel at every refusal, so such calls never share one."""
        channel = await self.channel(confirms=False)
        try:
            yield channel
        finally:
            # Not awaited: a channel whose call was cancelled may take its time to close.
            closing = asyncio.create_task(channel.close())
            self._closing.add(closing)
            closing.add_done_callback(self._closing.discard)

    def _ended(self, closing: asyncio.Future[object]) -> None:
        self._reason = "closed" if closing.cancelled() else reason(closing.exception())
        self._lost.set()
