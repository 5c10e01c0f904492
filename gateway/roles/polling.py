"""A role that does what is due and then waits for a wake-up or the next time: dispatcher, clock, notifier, inbox."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from datetime import datetime

from gateway.application.bus import Bus
from gateway.roles.patience import AWAY, Patience

_LEAST_SECS = 0.01


class Polling:
    """``run_once`` does what is due and returns whether to look again at once. ``next_at`` is when the next is due (UTC).

    Wake-ups are only a hint: at the latest every ``at_most_secs`` it looks for itself (promise 1). ``gather_secs``: at
    least so long lies between two looks that found something, so that what comes meanwhile goes as one batch; the first
    goes at once. Only for work that nobody waits for. ``rest_secs``: so long it rests after each wait, so that wake-ups that
    are mostly meant for others do not make it look as often as they come. ``finish`` is awaited at the end, for what still
    runs beside.
    """

    def __init__(
        self,
        role: str,
        topic: str,
        bus: Bus,
        run_once: Callable[[], Awaitable[int]],
        *,
        now: Callable[[], datetime],
        next_at: Callable[[], Awaitable[datetime | None]] | None = None,
        at_most_secs: float = 1.0,
        gather_secs: float = 0.0,
        rest_secs: float = 0.0,
        finish: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self._topic = topic
        self._bus = bus
        self._run_once = run_once
        self._now = now
        self._next_at = next_at
        self._at_most = at_most_secs
        self._gather = gather_secs
        self._rest = rest_secs
        self._finish = finish
        self._stopped = asyncio.Event()
        self._patience = Patience(role, self._stopped)
        self._vain = 0

    async def run(self) -> None:
        """Work until stopped. What is being done is finished first."""
        while not self._stopped.is_set():
            try:
                if await self._run_once():
                    self._patience.fine()
                    self._vain = 0
                    if self._gather:
                        await self._stopped_within(self._gather)
                    continue
                wait = await self._wait_secs()
                self._patience.fine()
            except AWAY as error:
                await self._patience.pause(error)
                continue
            await self._wait(wait)
            if self._rest:
                await self._stopped_within(self._rest)
        if self._finish is not None:
            await self._finish()

    async def _wait_secs(self) -> float:
        at = await self._next_at() if self._next_at is not None else None
        if at is None:
            return self._at_most
        secs = (at - self._now()).total_seconds()
        # What is due already and could not be done is looked at more and more seldom.
        self._vain = self._vain + 1 if secs <= 0 else 0
        return min(self._at_most, max(_LEAST_SECS * 2.0 ** min(max(self._vain - 1, 0), 16), secs))

    async def _wait(self, secs: float) -> None:
        woken = asyncio.ensure_future(self._bus.wait(self._topic, secs))
        stopped = asyncio.ensure_future(self._stopped.wait())
        try:
            await asyncio.wait((woken, stopped), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (woken, stopped):
                task.cancel()
            await asyncio.gather(woken, stopped, return_exceptions=True)

    async def _stopped_within(self, secs: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopped.wait(), secs)

    async def stop(self) -> None:
        """Let ``run`` end after what it is doing."""
        self._stopped.set()
