"""Fixtures of the roles' tests."""

from __future__ import annotations

import asyncio

import pytest

from gateway.roles.patience import Patience


@pytest.fixture
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """A loop that waits for better times tries again at the next turn."""

    async def at_once(self: Patience, error: Exception) -> None:
        await asyncio.sleep(0)

    monkeypatch.setattr(Patience, "pause", at_once)
