"""What a loop has taken from the bus and not settled yet.

A loop that dies must not keep what it took: the broker would wait for it as long as the connection lives, and hand the
dead loop's consumer more. So whatever ends a loop empties its hands.
"""

from __future__ import annotations

from collections.abc import Iterable

from gateway.application.bus import BusDelivery, Subscription

_ALL = 1_000_000


class Hands:
    """Subscriptions of one loop and the deliveries that it works on. Settle through here."""

    def __init__(self) -> None:
        self.subscriptions: list[Subscription] = []
        self._held: dict[int, BusDelivery] = {}

    def take(self, deliveries: Iterable[BusDelivery]) -> None:
        """Note deliveries that will have to be settled."""
        for delivery in deliveries:
            self._held[id(delivery)] = delivery

    async def ack(self, delivery: BusDelivery) -> None:
        """Acknowledge: what it asked for is done and stored."""
        self._held.pop(id(delivery), None)
        await delivery.ack()

    async def give_back(self, delivery: BusDelivery) -> None:
        """Return it to the queue."""
        self._held.pop(id(delivery), None)
        await delivery.give_back()

    async def reject(self, delivery: BusDelivery) -> None:
        """Send it to the dead letters."""
        self._held.pop(id(delivery), None)
        await delivery.reject()

    async def stop(self) -> None:
        """Take no new deliveries; what is held, and what had arrived, can still be worked on."""
        for subscription in self.subscriptions:
            await subscription.stop()

    async def empty(self) -> None:
        """Stop, and give back all that is held or had arrived. Nothing to do after an orderly end."""
        await self.stop()
        for subscription in self.subscriptions:
            async for batch in subscription.batches(_ALL):
                self.take(batch)
        for delivery in list(self._held.values()):
            await self.give_back(delivery)
