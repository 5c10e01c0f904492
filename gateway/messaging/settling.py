"""Tells the broker what became of deliveries: acknowledged, given back, rejected.

What is settled in one turn of the loop goes out in one write, and acknowledgements that leave no gap become one frame
(``multiple``). Settling on a channel that is gone does nothing: the broker has put the messages back already.
"""

from __future__ import annotations

import asyncio
from enum import Enum

import pamqp.frame
import structlog
from aiormq import Channel, spec
from aiormq.abc import ChannelFrame

log = structlog.get_logger(__name__)

_RETRY_SECS = 0.005
DRAIN_SECS = 5.0
"""How long a bus that closes waits for a broker that takes nothing; what it could not tell comes again."""


class Settlement(Enum):
    """What becomes of a delivery."""

    ACK = "ack"
    GIVE_BACK = "give_back"
    REJECT = "reject"


class Settler:
    """Settles the deliveries of one channel."""

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        # Tags grow: the order of arrival is the order of tags, which `multiple` relies on.
        self._open: dict[int, None] = {}
        self._pending: dict[int, Settlement] = {}
        self._scheduled = False
        self._finishing = False
        self._abandoned = False

    @property
    def open(self) -> int:
        """How many deliveries are not settled yet."""
        return len(self._open) - len(self._pending)

    def received(self, tag: int) -> None:
        """Note a delivery that will have to be settled."""
        self._open[tag] = None

    def settle(self, tag: int, settlement: Settlement) -> None:
        """Settle a delivery at the end of this turn of the loop. A second settlement of the same delivery is ignored."""
        if self._abandoned or self.channel.is_closed:
            log.debug("settled_too_late", settlement=settlement.value, note="the channel is gone; the broker delivers it again")
            return
        if tag not in self._open or tag in self._pending:
            log.warning("settled_twice", settlement=settlement.value)
            return
        self._pending[tag] = settlement
        if not self._scheduled:
            self._scheduled = True
            asyncio.get_running_loop().call_soon(self.flush)

    def flush(self) -> None:
        """Write all that is pending."""
        self._scheduled = False
        if not self._pending or self.channel.is_closed:
            return
        queue = self.channel.write_queue
        if queue.full():
            self._scheduled = True
            asyncio.get_running_loop().call_later(_RETRY_SECS, self.flush)
            return
        frames = self._frames()
        payload = b"".join([pamqp.frame.marshal(frame, self.channel.number) for frame in frames])
        queue.put_nowait(ChannelFrame(payload=payload, should_close=False))

        self._close_if_finished()

    async def drained(self) -> None:
        """Wait until all that was settled is on its way to the broker, the channel is gone, or the broker takes nothing."""
        self.flush()
        for _ in range(int(DRAIN_SECS / _RETRY_SECS)):
            if not self._pending or self.channel.is_closed:
                return
            await asyncio.sleep(_RETRY_SECS)  # a flush that met a full queue comes again by itself

    def finish(self) -> None:
        """Close the channel as soon as nothing on it is left to settle."""
        self._finishing = True
        self._close_if_finished()

    def abandon(self) -> None:
        """Close the channel now; what is not settled comes again."""
        self._abandoned = True  # a settlement that follows the end of a channel would cost the connection
        self._open.clear()
        self._pending.clear()
        self.finish()

    def _close_if_finished(self) -> None:
        if self._finishing and not self._open and not self.channel.is_closed:
            self._closing = asyncio.get_running_loop().create_task(self.channel.close())

    def _frames(self) -> list[spec.Basic.Ack | spec.Basic.Nack | spec.Basic.Reject]:
        frames: list[spec.Basic.Ack | spec.Basic.Nack | spec.Basic.Reject] = []
        acked: list[int] = []
        # What is not acknowledged goes first: an acknowledgement of many must never cover it.
        for tag, settlement in self._pending.items():
            if settlement is Settlement.ACK:
                acked.append(tag)
                continue
            del self._open[tag]
            if settlement is Settlement.GIVE_BACK:
                frames.append(spec.Basic.Nack(delivery_tag=tag, requeue=True))
            else:
                frames.append(spec.Basic.Reject(delivery_tag=tag, requeue=False))
        last = self._gapless(acked)
        if last:
            frames.append(spec.Basic.Ack(delivery_tag=last, multiple=True))
        for tag in acked:
            del self._open[tag]
            if tag > last:
                frames.append(spec.Basic.Ack(delivery_tag=tag))
        self._pending.clear()
        return frames

    def _gapless(self, acked: list[int]) -> int:
        """Return the highest tag up to which every open delivery is acknowledged now, or 0."""
        last, chosen = 0, set(acked)
        for tag in self._open:
            if tag not in chosen:
                break
            last = tag
        return last
