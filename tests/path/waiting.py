"""Waiting for a condition by asking, never for a time."""

from __future__ import annotations

import asyncio
import inspect
import time
from collections.abc import Callable
from typing import Any

#: Long enough for a machine that is busy with the rest of the suite; a good run waits for a small part of it.
PATIENCE_SECS = 30.0


class NeverHappened(AssertionError):
    """The condition did not hold within the patience."""


async def until(ask: Callable[[], Any], what: str, *, secs: float = PATIENCE_SECS) -> Any:
    """Return what ``ask`` (a function or a coroutine function) returns once that is true.

    Raises ``NeverHappened`` with ``what`` and the last answer.
    """
    end, pause = time.monotonic() + secs, 0.01
    while True:
        answer = ask()
        if inspect.isawaitable(answer):
            answer = await answer
        if answer:
            return answer
        if time.monotonic() > end:
            raise NeverHappened(f"{what}: not within {secs:g} s; the last answer was {answer!r}")
        await asyncio.sleep(pause)
        pause = min(pause * 1.3, 0.1)  # asking costs what the gateway could use
