"""The clock's use case after an amendment: every clock in flight is derived again, in batches, in the background.

What is left to do stands in the clocks themselves (``calendar_version``). So any number of processes may run it at once,
a case goes through one of them and once, and a process that dies leaves nothing half done: a batch is one transaction.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Final
from uuid import UUID

import structlog

from gateway.application.bus import Bus
from gateway.application.deployment import Deployment, PinNotLoaded
from gateway.application.store import Store
from gateway.application.trouble import SET_ASIDE, tell_trouble, trouble_is_over
from gateway.domain.case_file import CaseFile
from gateway.domain.errors import CatalogueError
from gateway.domain.recalculation import recalendar

log = structlog.get_logger(__name__)
#: The kind of work that an incident of it names.
WORK: Final = "calendar"


class Recalculate:
    """``batch`` cases go in one transaction: few enough that nobody waits long for one of them."""

    def __init__(
        self,
        deployment: Deployment,
        store: Store,
        bus: Bus,
        *,
        batch: int = 200,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._deployment = deployment
        self._store = store
        self._bus = bus
        self._batch = batch
        self._monotonic = monotonic
        self._aside: dict[UUID, float] = {}

    async def run_once(self) -> int:
        """Recalculate one batch of each calendar. Returns how many cases went through."""
        calendars = self._deployment.calendars
        await calendars.refresh(self._store)
        now = self._monotonic()
        self._aside = {case_id: until for case_id, until in self._aside.items() if until > now}
        done = 0
        for id_, number in sorted(calendars.numbers().items()):
            results = await self._store.recalculate(id_, number, self._decide, self._batch, self._aside)
            failed = {case_id: error for case_id, error in results.items() if error is not None}
            if failed:
                failed = await self._load_pins(failed)
                await self._set_aside(failed)
            done += len(results) - len(failed)
        if done:
            await self._bus.wake("notifier")
        return done

    def _decide(self, file: CaseFile) -> None:
        rules = self._deployment.rules(file.case.pin)
        for clock in list(file.clocks.values()):
            recalendar(file, rules, clock)
        trouble_is_over(file, WORK)

    async def _load_pins(self, failed: Mapping[UUID, Exception]) -> dict[UUID, Exception]:
        """Load what was missing, for the next round; return what failed for another reason, or has lost its pin."""
        others = dict(failed)
        for case_id, error in failed.items():
            if not isinstance(error, PinNotLoaded):
                continue
            try:
                await self._deployment.load(self._store, error.digest)
            except CatalogueError as lost:
                others[case_id] = lost
            else:
                del others[case_id]
        return others

    async def _set_aside(self, failed: Mapping[UUID, Exception]) -> None:
        """Tell a person of what could not be done, and let it rest a while."""
        if not failed:
            return
        for case_id, error in failed.items():
            log.warning("recalculation set aside", case=str(case_id), error=str(error))
            self._aside[case_id] = self._monotonic() + SET_ASIDE.total_seconds()
        await self._store.change(list(failed), lambda file: tell_trouble(file, WORK, failed[file.case.id]))
