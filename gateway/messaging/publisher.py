"""Publishing with many confirms in flight.

The library's own ``publish`` waits in turn for a lock, the socket and a time-out for each message. Here a run of messages
becomes one write to the connection, and two runs are in flight at a time (``2 * CHUNK`` confirms), so that the broker never
waits for us. It uses the channel's documented state: the delivery tag, and the confirmations by tag.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import pamqp.frame
from aiormq import Channel, spec
from aiormq.abc import ChannelFrame
from pamqp.body import ContentBody
from pamqp.header import ContentHeader

from gateway.application.bus import BusMessage, BusUnavailable
from gateway.messaging.errors import broker_errors

CHUNK = 64
CONFIRM_SECS = 30.0
_TRANSIENT, _PERSISTENT = 1, 2

Confirmation = asyncio.Future[Any]


class Publisher:
    """Publishes on one channel, opened when needed and again after the broker closed it."""

    def __init__(self, open_channel: Callable[[], Awaitable[Channel]], user: str, *, persistent: bool = True) -> None:
        self._open_channel = open_channel
        self._user = user
        self._mode = _PERSISTENT if persistent else _TRANSIENT
        self._channel: Channel | None = None
        self._lock = asyncio.Lock()

    async def publish(self, exchange: str, routed: Sequence[tuple[str, BusMessage]], *, mandatory: bool) -> list[bool]:
        """Publish (routing key, message) pairs in order; tell of each whether the broker confirmed it.

        ``mandatory``: what reaches no queue counts as not confirmed. Raises ``BusUnavailable`` when none could be sent.
        """
        results: list[bool] = []
        earlier: list[Confirmation] = []
        for start in range(0, len(routed), CHUNK):
            try:
                now = await self._send(exchange, routed[start : start + CHUNK], mandatory=mandatory)
            except BusUnavailable:
                if start == 0:
                    raise
                break
            results += await _settled(earlier)
            earlier = now
        results += await _settled(earlier)
        return results + [False] * (len(routed) - len(results))

    async def _send(self, exchange: str, routed: Sequence[tuple[str, BusMessage]], *, mandatory: bool) -> list[Confirmation]:
        async with self._lock, broker_errors("publishing"):
            channel = self._channel
            if channel is None or channel.is_closed:
                channel = self._channel = await self._open()
            first = channel.delivery_tag + 1
            # All is encoded before anything is counted: a message that cannot be encoded leaves the channel as it was.
            tags: dict[str, int] = {}
            payload = bytearray()
            for tag, (key, message) in enumerate(routed, first):
                name = _property_id(message.message_id, tag, channel.message_id_delivery_tag, tags)
                payload += self._encode(channel, exchange, key, message, name, mandatory=mandatory)
                tags[name] = tag
            confirmations = [_expect(channel, name, tag) for name, tag in tags.items()]
            channel.delivery_tag += len(routed)
            await _write(channel, bytes(payload))
            return confirmations

    async def _open(self) -> Channel:
        channel = await self._open_channel()

        def end(_: object) -> None:
            for confirmation in channel.confirmations.values():
                confirmation.cancel()

        channel.closing.add_done_callback(end)
        return channel

    def _encode(self, channel: Channel, exchange: str, key: str, message: BusMessage, name: str, *, mandatory: bool) -> bytes:
        properties = spec.Basic.Properties(
            delivery_mode=self._mode,
            message_id=name,
            user_id=self._user,
            headers=dict(message.headers) if message.headers else None,
        )
        body, size = message.body, channel.max_content_size
        frames: list[Any] = [
            spec.Basic.Publish(exchange=exchange, routing_key=key, mandatory=mandatory),
            ContentHeader(properties=properties, body_size=len(body)),
            *(ContentBody(body[start : start + size]) for start in range(0, len(body), size)),
        ]
        return b"".join([pamqp.frame.marshal(frame, channel.number) for frame in frames])


def _property_id(message_id: str, tag: int, *taken: Mapping[str, int]) -> str:
    """The library finds the confirmation of a returned message by its id, so no two in flight may share one."""
    return message_id if message_id and not any(message_id in names for names in taken) else f"{message_id}#{tag}"


def _expect(channel: Channel, name: str, tag: int) -> Confirmation:
    def forget(confirmation: Confirmation) -> None:
        channel.message_id_delivery_tag.pop(name, None)
        if not confirmation.cancelled():
            confirmation.exception()  # looked at, or asyncio complains when a caller was cancelled before it could

    confirmation: Confirmation = asyncio.get_running_loop().create_future()
    confirmation.add_done_callback(forget)
    channel.confirmations[tag] = confirmation
    channel.message_id_delivery_tag[name] = tag
    return confirmation


async def _write(channel: Channel, payload: bytes) -> None:
    """Hand the bytes to the connection's writer. A channel whose tags are counted and not sent is of no use any more."""
    frame = ChannelFrame(payload=payload, should_close=False)
    try:
        channel.write_queue.put_nowait(frame)
    except asyncio.QueueFull:
        try:
            async with asyncio.timeout(CONFIRM_SECS):
                await channel.write_queue.put(frame)
        except BaseException:
            asyncio.get_running_loop().create_task(channel.close())
            raise


async def _settled(confirmations: Sequence[Confirmation]) -> list[bool]:
    if not confirmations:
        return []
    await asyncio.wait(confirmations, timeout=CONFIRM_SECS)
    return [_confirmed(confirmation) for confirmation in confirmations]


def _confirmed(confirmation: Confirmation) -> bool:
    if not confirmation.done():
        # Too late: whether it arrived is unknown, which the caller treats as not confirmed and publishes again.
        confirmation.cancel()
        return False
    if confirmation.cancelled() or confirmation.exception() is not None:
        return False
    return isinstance(confirmation.result(), spec.Basic.Ack)
