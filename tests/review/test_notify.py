"""A channel that hangs holds up neither the events nor the other messages."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from gateway.application.bus import BusMessage
from gateway.application.notify import Notify
from gateway.application.store import OutboundDelivery
from tests.unit.application.small import NOW, MemoryStore


class Exchange:
    async def publish_events(self, events: list[tuple[str, BusMessage]]) -> list[bool]:
        return [True] * len(events)


class Nothing:
    """There are no incidents to gather."""

    async def gather(self, deliveries: Sequence[OutboundDelivery]) -> None:
        raise AssertionError("there is nothing to gather")

    async def run_once(self) -> int:
        return 0


async def test_events_are_settled_while_a_message_is_under_way() -> None:
    store = MemoryStore()
    store.deliveries = [OutboundDelivery(UUID(int=n), kind, "", None, {"n": n}, 1, NOW) for n, kind in enumerate(["notice"] * 3)]
    store.deliveries.append(OutboundDelivery(UUID(int=9), "events", "", None, {}, 1, NOW))
    begun: list[int] = []
    all_begun, go = asyncio.Event(), asyncio.Event()

    async def send(_id: UUID, _target: str, payload: Mapping[str, Any]) -> str:
        begun.append(payload["n"])
        if len(begun) == 3:
            all_begun.set()
        await go.wait()
        return ""

    bus: Any = Exchange()
    notify = Notify(store, bus, send, Nothing(), lambda: NOW)  # type: ignore[arg-type]
    task = asyncio.create_task(notify.run_once())
    async with asyncio.timeout(5):
        await all_begun.wait()
    assert [(id_.int, state) for id_, state, _, _ in store.settled] == [(9, "delivered")]
    go.set()
    assert await task == 4
