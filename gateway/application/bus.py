"""The port of messaging: what the use cases ask of RabbitMQ or of the in-process bus.

The bus only moves work (promise 1). ``publish`` returns when the broker has confirmed; what it could not take is
told per message, and the database still holds it.

    BusError
    └── BusUnavailable   the broker cannot be reached now; retry later, nothing is lost
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from gateway.domain.errors import DarchaError


class BusError(DarchaError):
    """Base of what the bus raises."""


class BusUnavailable(BusError):
    """The broker is not there. The caller keeps its rows and tries again."""


@dataclass(frozen=True, slots=True)
class BusMessage:
    """What travels: a body and text headers (``traceparent`` among them)."""

    body: bytes
    message_id: str
    headers: Mapping[str, str] = field(default_factory=dict)


class BusDelivery(Protocol):
    """A message received, until it is settled by exactly one of the three calls."""

    @property
    def body(self) -> bytes: ...
    @property
    def headers(self) -> Mapping[str, str]: ...
    @property
    def redelivered(self) -> bool:
        """True when the broker delivered this message before, to anyone."""
        ...

    @property
    def user_id(self) -> str:
        """The broker user that published it, verified by the broker; empty in-process."""
        ...

    async def ack(self) -> None: ...
    async def give_back(self) -> None:
        """Return it to the queue; it comes again with ``redelivered``."""
        ...

    async def reject(self) -> None:
        """Send it to the dead letters."""
        ...


class Subscription(Protocol):
    """A consumer. Iterating yields batches: at least one delivery, at most ``most``, without waiting for more."""

    def batches(self, most: int) -> AsyncIterator[Sequence[BusDelivery]]: ...
    @property
    def healthy(self) -> bool:
        """False when the broker no longer has this consumer."""
        ...

    async def stop(self) -> None:
        """Take no new deliveries. ``batches`` yields those that had arrived already, then ends; all can still be settled."""
        ...


class Bus(Protocol):
    """Queues: ``lane(name)`` of each lane, ``REPLIES``, ``DEAD``, ``SPANS``; the topic exchange ``darcha.events``; wake-ups."""

    async def open(self) -> None:
        """Connect and declare the topology; keeps trying in the background when the broker is down."""
        ...

    async def close(self) -> None: ...
    @property
    def connected(self) -> bool: ...
    async def publish(self, queue: str, messages: Sequence[BusMessage]) -> list[bool]:
        """Publish to one queue, many confirms in flight. ``result[i]`` tells whether message i was confirmed.

        Raises ``BusUnavailable`` when none could be tried.
        """
        ...

    async def offer(self, queue: str, messages: Sequence[BusMessage]) -> list[bool]:
        """Publish what may be lost, on a channel of its own, so that a refusal harms nothing else. Never raises.

        ``result[i]`` tells whether the broker has message i; that it stays there is not promised.
        """
        ...

    async def publish_events(self, events: Sequence[tuple[str, BusMessage]]) -> list[bool]:
        """Publish (routing key, message) pairs to ``darcha.events``. Unrouted is fine: nobody listens."""
        ...

    async def subscribe(self, queue: str, prefetch: int) -> Subscription:
        """Consume from a queue, at most ``prefetch`` deliveries unsettled. Recovers by itself for as long as the bus is open."""
        ...

    async def depth(self, queue: str) -> int:
        """Return how many messages wait in the queue now; those handed out and unsettled are not counted.

        Raises ``BusUnavailable``.
        """
        ...

    async def wake(self, topic: str) -> None:
        """Tell every process waiting on ``topic`` that there may be work. Best effort; never raises."""
        ...

    async def wait(self, topic: str, timeout: float) -> None:
        """Return at a wake-up of ``topic`` since the last wait, or after ``timeout`` seconds."""
        ...


REPLIES = "replies"
DEAD = "dead"
SPANS = "spans"
"""What workers tell of their spans, where no collector does: bounded, kept for minutes, and never needed."""

DEAD_FROM = "dead-from"
"""Header of a delivery from ``DEAD``: the logical name of the queue where the message died."""
DEAD_REASON = "dead-reason"
"""Header of a delivery from ``DEAD``: ``rejected`` or ``delivery_limit``."""


def lane_queue(lane: str) -> str:
    """Return the logical queue name of a lane."""
    return f"lane.{lane}"
