"""Closing the bus ends, and costs nothing, while the broker takes nothing any more (a memory alarm, a full socket)."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from gateway.messaging import settling
from gateway.messaging.settling import Settlement, Settler


async def test_a_broker_that_takes_nothing_does_not_hold_up_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = 0

    def full() -> bool:
        nonlocal asked
        asked += 1
        return True

    monkeypatch.setattr(settling, "DRAIN_SECS", 0.1)
    channel: Any = SimpleNamespace(is_closed=False, number=1, write_queue=SimpleNamespace(full=full))
    settler = Settler(channel)
    settler.received(1)
    settler.settle(1, Settlement.ACK)
    async with asyncio.timeout(5):
        await settler.drained()
    assert asked < 100
