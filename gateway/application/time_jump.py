"""After a jump of time, legal effects wait for a person (DESIGN section 8).

Each process that runs the clock looks for itself; what it finds is an open incident of the database, one for all. While
that is open no process lets a term expire. Whoever closes it, with a reason, says that the database's time is right.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import structlog

from gateway.application.bus import Bus
from gateway.application.store import Store
from gateway.domain.incident import Incident, IncidentKind
from gateway.domain.time_jump import Jump, Look, judge

log = structlog.get_logger(__name__)

#: One database has one time.
FINGERPRINT: Final = str(IncidentKind.TIME_JUMPED)


class TimeWatch:
    """What one process has seen of the database's time. ``machine`` is this machine's clock, ``steady`` one that nobody sets.

    ``bound``: a difference up to this is taken for what clocks always differ by.
    """

    def __init__(
        self, store: Store, bus: Bus, *, machine: Callable[[], datetime], steady: Callable[[], float], bound: timedelta
    ) -> None:
        self._store = store
        self._bus = bus
        self._machine = machine
        self._steady = steady
        self._bound = bound
        self._last: Look | None = None
        self._told = timedelta()
        #: seen, and no person knows of it yet: the database was away
        self._untold: Jump | None = None

    async def look(self) -> datetime:
        """Return the database's time. When it has jumped, a person is told before anything else is done."""
        before = self._steady()
        database = await self._store.now()
        look = Look(database, self._machine(), before, self._steady())
        recorded = await self._store.last_event_at() if self._last is None else None
        jump = judge(look, self._last, self._told, recorded, self._bound)
        self._last = look
        if jump is not None or abs(look.offset) <= self._bound:
            self._told = look.offset if abs(look.offset) > self._bound else timedelta()
        self._untold = jump or self._untold
        if self._untold is not None:
            await self._tell(self._untold)
            self._untold = None
        return database

    async def believed(self) -> bool:
        """Return whether legal effects may follow: no jump waits for a person."""
        return not await self._store.incident_is_open(FINGERPRINT)

    async def _tell(self, jump: Jump) -> None:
        log.error("the database's time has jumped; legal effects wait for a person", **jump.detail())
        await self._store.open_incidents([Incident(IncidentKind.TIME_JUMPED, FINGERPRINT, jump.detail())])
        await self._bus.wake("notifier")
