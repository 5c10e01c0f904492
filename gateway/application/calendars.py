"""The calendars that a process counts with: the seeded ones until it has read those that are kept, and then each newest version.

Every process reads the newest version when it is told of one, and otherwise looks for it every few seconds. Whichever of
them wins a race, a clock names the version that it was derived with, and ``Recalculate`` brings it to the current one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import structlog

from gateway.application.bus import Bus
from gateway.application.store import CalendarVersion, Store
from gateway.domain.amendment import Amendment, amend
from gateway.domain.calendar import Calendar
from gateway.domain.errors import Conflict, NotFound

log = structlog.get_logger(__name__)
#: What a process waits on that wants to know of new versions.
TOPIC: Final = "calendars"


class Calendars:
    """``seed`` returns a seeded calendar by id; ``ids`` are those there are, ``version`` is the version of the seeds.

    Called with an id it returns the current version (``Rules.calendar``). Shared by the use cases of a process.
    """

    def __init__(self, seed: Callable[[str], Calendar], ids: Sequence[str] = (), version: str = "") -> None:
        self._seed = seed
        self._version = version
        self.ids = tuple(ids)
        self._kept: dict[str, CalendarVersion] = {}

    def __call__(self, id_: str) -> Calendar:
        """Return the current version as far as this process knows. Raises ``CalendarError`` when there is no such calendar."""
        kept = self._kept.get(id_)
        return self._seed(id_) if kept is None else kept.calendar

    def numbers(self) -> dict[str, int]:
        """Return the number of each version that is in use here."""
        return {id_: kept.entry.number for id_, kept in self._kept.items()}

    async def start(self, store: Store) -> None:
        """Keep the seeds that the database does not have yet, and read what it has."""
        missing = []
        for id_ in self.ids:
            # An amended calendar stays as it is; the others follow the library, and are read from it only then.
            kept = await store.calendar_version(id_)
            if kept is None or (not kept.entry.decree and kept.entry.version != self._version):
                missing.append(self._seed(id_))
        if missing:
            await store.keep_seeds(missing)
        await self.refresh(store)

    async def refresh(self, store: Store) -> list[str]:
        """Read the versions that are new; return the ids of their calendars."""
        changed = []
        for id_, number in (await store.calendar_numbers()).items():
            mine = self._kept.get(id_)
            if mine is not None and mine.entry.number >= number:
                continue
            kept = await store.calendar_version(id_)
            if kept is not None:
                self._kept[id_] = kept
                changed.append(id_)
        if changed:
            log.info("calendars read", versions={id_: self._kept[id_].entry.version for id_ in sorted(changed)})
        return changed


class AmendCalendar:
    """The operator's use case: a further version with its decree; what it contradicts is refused and nothing changes."""

    def __init__(self, calendars: Calendars, store: Store, bus: Bus) -> None:
        self._calendars = calendars
        self._store = store
        self._bus = bus

    async def run(
        self, id_: str, amendment: Amendment, *, by: str, note: str = "", if_number: int | None = None
    ) -> CalendarVersion:
        """Amend the current version. ``if_number`` is the version that the operator has read.

        Raises ``BadInput`` with the rules that are broken, ``Conflict`` with code ``calendar_moved`` when another amendment came
        before, ``NotFound``.
        """

        def make(current: CalendarVersion) -> Calendar:
            return self._made(current, amendment, if_number)

        made = await self._store.amend_calendar(id_, make, by=by, note=note)
        log.info("calendar amended", calendar=id_, version=made.entry.version, decree=made.entry.decree, by=by)
        await self._calendars.refresh(self._store)
        await self._bus.wake(TOPIC)
        return made

    async def tried(self, id_: str, amendment: Amendment, *, if_number: int | None = None) -> tuple[CalendarVersion, Calendar]:
        """Return the current version and what the amendment would make of it; nothing is kept. Raises as ``run``."""
        current = await self._store.calendar_version(id_)
        if current is None:
            raise NotFound("not_found", f"there is no calendar {id_[:60]!r}")
        return current, self._made(current, amendment, if_number)

    @staticmethod
    def _made(current: CalendarVersion, amendment: Amendment, if_number: int | None) -> Calendar:
        number = current.entry.number
        if if_number is not None and if_number != number:
            raise Conflict("calendar_moved", f"the calendar {current.entry.id} has moved to version {number}; read it again")
        return amend(current.calendar, amendment, str(number + 1))


__all__ = ["TOPIC", "AmendCalendar", "Calendars"]
