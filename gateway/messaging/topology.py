"""What Darcha has on the broker: names, queues, exchanges, and what a worker's user may touch.

    exchange <prefix>.lanes    direct ─▶ queue <prefix>.lane.<lane>.v1   quorum, one of each lane
    exchange <prefix>.replies  direct ─▶ queue <prefix>.replies.v1       quorum
    exchange <prefix>.dead     direct ─▶ queue <prefix>.dead.v1          quorum; the two above are dead-lettered to it
    exchange <prefix>.spans    direct ─▶ queue <prefix>.spans.v1         classic, bounded; may be lost
    exchange <prefix>.events   topic                                     for whoever listens
    exchange <prefix>.wake     direct ─▶ queue <prefix>.wake.<instance>    exclusive, transient, a binding a topic

Every kind of queue has an exchange of its own, not the default exchange: RabbitMQ grants writing by exchange, and so a
worker can be allowed to write replies and spans and nothing else. Arguments of a queue cannot change; another set of
arguments needs another version in the name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from aiormq.abc import AbstractChannel

from gateway.application.bus import DEAD, REPLIES, SPANS
from gateway.messaging.limits import DELIVERY_LIMIT, RPC_SECS, SPANS_MOST, SPANS_TTL_MS

_VERSION = "v1"
_LANE = "lane."

# Dead letters have no further place to go: what a consumer of theirs gives back must never be dropped.
_NO_LIMIT = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Names:
    """The names of one deployment on the broker, all beginning with its prefix."""

    prefix: str

    def queue(self, logical: str) -> str:
        """Return the broker's name of ``lane.<lane>``, ``replies``, ``dead`` or ``spans``. Raises ``ValueError`` for others."""
        if logical in {REPLIES, DEAD, SPANS} or (logical.startswith(_LANE) and len(logical) > len(_LANE)):
            return f"{self.prefix}.{logical}.{_VERSION}"
        raise ValueError(f"{logical!r} is no queue: expected lane.<lane>, {REPLIES}, {DEAD} or {SPANS}")

    def logical(self, queue: str) -> str:
        """Return the logical name of one of our queues, or the name as it is when it is none of ours."""
        head, tail = f"{self.prefix}.", f".{_VERSION}"
        return queue[len(head) : -len(tail)] if queue.startswith(head) and queue.endswith(tail) else queue

    def exchange(self, logical: str) -> str:
        """Return the exchange through which one publishes to a logical queue."""
        return f"{self.prefix}.lanes" if logical.startswith(_LANE) else f"{self.prefix}.{logical}"

    @property
    def events(self) -> str:
        return f"{self.prefix}.events"

    @property
    def wake(self) -> str:
        return f"{self.prefix}.wake"


async def declare_queue(channel: AbstractChannel, names: Names, logical: str) -> None:
    """Declare a queue, its exchange and the binding between them; nothing happens where they are there already."""
    queue, exchange = names.queue(logical), names.exchange(logical)
    await channel.exchange_declare(exchange, exchange_type="direct", durable=True, timeout=RPC_SECS)
    await channel.queue_declare(queue, durable=True, arguments=_arguments(names, logical), timeout=RPC_SECS)
    await channel.queue_bind(queue, exchange, queue, timeout=RPC_SECS)


async def declare_events(channel: AbstractChannel, names: Names) -> None:
    """Declare the topic exchange of events."""
    await channel.exchange_declare(names.events, exchange_type="topic", durable=True, timeout=RPC_SECS)


async def declare_wake(channel: AbstractChannel, names: Names) -> None:
    """Declare the exchange of wake-ups."""
    await channel.exchange_declare(names.wake, exchange_type="direct", durable=True, timeout=RPC_SECS)


def worker_permissions(prefix: str, lanes: Iterable[str]) -> tuple[str, str, str]:
    """Return RabbitMQ's three patterns (configure, write, read) for a worker's user: read these lanes, write replies
    and spans."""
    names = Names(prefix)
    queues = "|".join(re.escape(names.queue(f"{_LANE}{lane}")) for lane in lanes)
    written = "|".join(re.escape(names.exchange(queue)) for queue in (REPLIES, SPANS))
    return "^$", f"^({written})$", f"^({queues})$"


def _arguments(names: Names, logical: str) -> dict[str, Any]:
    if logical == DEAD:
        return {"x-queue-type": "quorum", "x-delivery-limit": _NO_LIMIT}
    if logical == SPANS:
        return {"x-max-length": SPANS_MOST, "x-overflow": "drop-head", "x-message-ttl": SPANS_TTL_MS}
    return {
        "x-queue-type": "quorum",
        "x-delivery-limit": DELIVERY_LIMIT,
        "x-dead-letter-exchange": names.exchange(DEAD),
        "x-dead-letter-routing-key": names.queue(DEAD),
        # At least once: a dead letter leaves its queue only when the dead letters have confirmed it. Needs reject-publish.
        "x-dead-letter-strategy": "at-least-once",
        "x-overflow": "reject-publish",
    }
