"""What every loop does when the database or the broker is away: say so once, wait, try again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from gateway.application.bus import BusUnavailable
from gateway.application.store import StoreUnavailable

log = structlog.get_logger(__name__)

AWAY = (StoreUnavailable, BusUnavailable)


class Patience:
    """Counts one loop's bad luck. ``pause`` waits 0.2 s at first and up to ``most`` seconds, and ends at ``stopped``."""

    def __init__(self, role: str, stopped: asyncio.Event, most: float = 5.0) -> None:
        self._role = role
        self._stopped = stopped
        self._most = most
        self._tries = 0

    async def pause(self, error: Exception) -> None:
        """Log the first time, then wait a little longer each time."""
        if self._tries == 0:
            log.warning("waiting", role=self._role, reason=str(error))
        delay = min(self._most, 0.2 * 2.0**self._tries)
        self._tries = min(self._tries + 1, 16)
        try:
            await asyncio.wait_for(self._stopped.wait(), delay)
        except TimeoutError:
            return

    def fine(self) -> None:
        """It works again."""
        if self._tries:
            log.info("going on", role=self._role)
        self._tries = 0

    async def insist(self, run: Callable[[], Awaitable[object]]) -> bool:
        """Do it until it has been done. False when the role was stopped first."""
        while not self._stopped.is_set():
            try:
                await run()
            except AWAY as error:
                await self.pause(error)
            else:
                self.fine()
                return True
        return False
