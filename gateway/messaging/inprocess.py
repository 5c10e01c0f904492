"""The bus inside one process: the queues of RabbitMQ as the use cases see them, without a broker.

Messages live in memory; the database holds the truth, so a restart loses nothing: the leases of what was released end by
the rule and the dispatcher releases again. Settling, redelivery, the delivery limit and the dead letters are as on RabbitMQ.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from weakref import WeakSet, WeakValueDictionary

from gateway.application.bus import DEAD, DEAD_FROM, DEAD_REASON, BusMessage, BusUnavailable
from gateway.messaging.limits import DELIVERY_LIMIT, SPANS_MOST
from gateway.messaging.wakeups import WakeUps


class Broker:
    """What the buses of one process share: the queues, and who consumes from them."""

    def __init__(self) -> None:
        self._queues: dict[str, _Queue] = {}
        self.buses: WeakSet[InProcessBus] = WeakSet()

    def queue(self, name: str) -> _Queue:
        queue = self._queues.get(name)
        if queue is None:
            queue = self._queues[name] = _Queue(self, name)
        return queue


_named: WeakValueDictionary[str, Broker] = WeakValueDictionary()


def broker(name: str = "") -> Broker:
    """Return the broker of that name, made when nobody holds it; without a name, a new one."""
    if not name:
        return Broker()
    found = _named.get(name)
    if found is None:
        found = _named[name] = Broker()
    return found


class InProcessBus:
    """Implements ``gateway.application.bus.Bus`` in memory. Not for use from several threads."""

    def __init__(self, shared: Broker) -> None:
        self._broker = shared
        self._wakeups = WakeUps()
        self._subscriptions: list[InProcessSubscription] = []
        self._open = False

    async def open(self) -> None:
        self._open = True
        self._broker.buses.add(self)

    async def close(self) -> None:
        """What was handed out and not settled goes back to its queue, as when a broker loses a connection."""
        self._open = False
        self._broker.buses.discard(self)
        for subscription in self._subscriptions:
            subscription.drop()
        self._subscriptions.clear()

    @property
    def connected(self) -> bool:
        return self._open

    async def publish(self, queue: str, messages: Sequence[BusMessage]) -> list[bool]:
        self._require_open()
        target = self._broker.queue(queue)
        target.put(_Entry(message) for message in messages)
        return [True] * len(messages)

    async def offer(self, queue: str, messages: Sequence[BusMessage]) -> list[bool]:
        target = self._broker.queue(queue)
        room = SPANS_MOST - len(target.waiting) if self._open else 0
        target.put(_Entry(message) for message in messages[: max(0, room)])
        return [place < room for place in range(len(messages))]

    async def publish_events(self, events: Sequence[tuple[str, BusMessage]]) -> list[bool]:
        """Nobody outside this process can listen: who wants events of an embedded gateway reads ``GET /v1/events``."""
        self._require_open()
        return [True] * len(events)

    async def subscribe(self, queue: str, prefetch: int) -> InProcessSubscription:
        self._require_open()
        subscription = InProcessSubscription(self._broker.queue(queue), prefetch)
        self._subscriptions.append(subscription)
        return subscription

    async def depth(self, queue: str) -> int:
        self._require_open()
        return len(self._broker.queue(queue).waiting)

    async def wake(self, topic: str) -> None:
        for bus in tuple(self._broker.buses):
            bus._wakeups.wake(topic)

    async def wait(self, topic: str, timeout: float) -> None:
        await self._wakeups.wait(topic, timeout)

    def _require_open(self) -> None:
        if not self._open:
            raise BusUnavailable("the bus is not open")


class _Entry:
    """A message in a queue, and how often it came back."""

    __slots__ = ("headers", "message", "returned")

    def __init__(self, message: BusMessage, headers: Mapping[str, str] | None = None) -> None:
        self.message = message
        self.headers = message.headers if headers is None else headers
        self.returned = 0


class _Queue:
    def __init__(self, shared: Broker, name: str) -> None:
        self.name = name
        self.waiting: deque[_Entry] = deque()
        self._broker = shared
        self._consumers: deque[InProcessSubscription] = deque()

    def put(self, entries: Iterable[_Entry]) -> None:
        self.waiting.extend(entries)
        self.feed()

    def come_back(self, entry: _Entry) -> None:
        """One more return than the limit makes a message a dead letter. The dead letters themselves have no limit."""
        entry.returned += 1
        if entry.returned > DELIVERY_LIMIT and self.name != DEAD:
            self.bury(entry, "delivery_limit")
        else:
            self.put((entry,))

    def bury(self, entry: _Entry, reason: str) -> None:
        if self.name != DEAD:
            headers = {**entry.headers, DEAD_FROM: self.name, DEAD_REASON: reason}
            self._broker.queue(DEAD).put((_Entry(entry.message, headers),))

    def join(self, consumer: InProcessSubscription) -> None:
        self._consumers.append(consumer)
        self.feed()

    def leave(self, consumer: InProcessSubscription) -> None:
        if consumer in self._consumers:
            self._consumers.remove(consumer)

    def feed(self) -> None:
        """Hand out what waits, in turn, to consumers with room."""
        turns = len(self._consumers)
        while self.waiting and turns:
            consumer = self._consumers[0]
            self._consumers.rotate(-1)
            if consumer.room:
                consumer.take(self.waiting.popleft())
                turns = len(self._consumers)
            else:
                turns -= 1


class InProcessSubscription:
    """Implements ``gateway.application.bus.Subscription``."""

    def __init__(self, queue: _Queue, prefetch: int) -> None:
        self._queue = queue
        self._prefetch = prefetch
        self._buffer: deque[InProcessDelivery] = deque()
        self._open: set[InProcessDelivery] = set()
        self._arrived = asyncio.Event()
        self._stopped = False
        queue.join(self)

    async def batches(self, most: int) -> AsyncIterator[Sequence[InProcessDelivery]]:
        while True:
            while not self._buffer:
                if self._stopped:
                    return
                self._arrived.clear()
                await self._arrived.wait()
            yield [self._buffer.popleft() for _ in range(min(most, len(self._buffer)))]

    @property
    def healthy(self) -> bool:
        return not self._stopped

    async def stop(self) -> None:
        self._stopped = True
        self._queue.leave(self)
        self._arrived.set()

    def drop(self) -> None:
        """The connection is gone: everything unsettled goes back."""
        self._stopped = True
        self._queue.leave(self)
        self._buffer.clear()
        unsettled, self._open = self._open, set()
        for delivery in sorted(unsettled, key=lambda each: each.number):
            self._queue.come_back(delivery.entry)
        self._arrived.set()

    @property
    def room(self) -> bool:
        return len(self._open) < self._prefetch

    def take(self, entry: _Entry) -> None:
        delivery = InProcessDelivery(self, entry)
        self._open.add(delivery)
        self._buffer.append(delivery)
        self._arrived.set()

    def settle(self, delivery: InProcessDelivery) -> bool:
        """Tell whether the delivery was still open; from now on it is not."""
        if delivery not in self._open:
            return False
        self._open.remove(delivery)
        return True

    @property
    def queue(self) -> _Queue:
        return self._queue


class InProcessDelivery:
    """Implements ``gateway.application.bus.BusDelivery``."""

    __slots__ = ("_subscription", "entry", "number")
    _numbers = 0

    def __init__(self, subscription: InProcessSubscription, entry: _Entry) -> None:
        self._subscription = subscription
        self.entry = entry
        InProcessDelivery._numbers += 1
        self.number = InProcessDelivery._numbers

    @property
    def body(self) -> bytes:
        return self.entry.message.body

    @property
    def headers(self) -> Mapping[str, str]:
        return self.entry.headers

    @property
    def redelivered(self) -> bool:
        return self.entry.returned > 0

    @property
    def user_id(self) -> str:
        return ""

    async def ack(self) -> None:
        if self._subscription.settle(self):
            self._subscription.queue.feed()

    async def give_back(self) -> None:
        if self._subscription.settle(self):
            self._subscription.queue.come_back(self.entry)

    async def reject(self) -> None:
        if self._subscription.settle(self):
            self._subscription.queue.bury(self.entry, "rejected")
            self._subscription.queue.feed()
