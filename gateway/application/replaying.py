"""The clock's use case for replays: takes request after request of what runs, each in one transaction.

What is left to do stands in the rows of the replay. So any number of processes may run it at once, a request goes through
one of them and once, and a process that dies leaves nothing half done.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from uuid import UUID

import structlog

from gateway.application.bus import Bus
from gateway.application.deployment import Deployment
from gateway.application.incident_groups import GroupStore
from gateway.application.measures import tell
from gateway.application.redo import Redo, stamp
from gateway.application.replays import Item, Replay, ReplayStore
from gateway.application.store import Store
from gateway.domain.case_file import CaseFile
from gateway.domain.errors import CatalogueError, Conflict

log = structlog.get_logger(__name__)
#: So many requests of one replay are taken before the others are looked at, and those that wait are woken.
BATCH: Final = 50
#: A set that nobody has started is forgotten then.
FORGET: Final = timedelta(days=1)


class Replaying:
    """The use case."""

    def __init__(self, deployment: Deployment, store: Store, replays: ReplayStore, groups: GroupStore, bus: Bus) -> None:
        self._deployment = deployment
        self._store = store
        self._replays = replays
        self._groups = groups
        self._bus = bus
        self._redo = Redo(deployment)

    async def run_once(self) -> int:
        """Take what may be taken now. Returns how many requests were settled, and incidents given their group."""
        done = 0
        for id_, replay in await self._replays.due_replays():
            taken = 0
            while taken < BATCH and await self._take(id_, replay):
                taken += 1
            done += taken
            if taken:
                await self._bus.wake("dispatcher")
                await self._bus.wake("notifier")
        if not done:
            await self._replays.forget_sets(await self._store.now() - FORGET)
        return done + await self._groups.fill_groups(500)

    async def _take(self, id_: UUID, replay: Replay) -> bool:
        def do(file: CaseFile, item: Item, followed: bool) -> UUID | None:
            self._unmoved(file, item, followed=followed)
            made = self._redo.do(file, item.request_id, replay.action, f"{replay.reason} (replay {id_})", replay.started_by)
            return None if made is None else made.id

        while True:
            taken = await self._replays.take_item(id_, do)
            if not taken.wants_pin:
                break
            try:
                await self._deployment.load(self._store, taken.wants_pin)
            except CatalogueError as lost:
                reason = str(lost)
                log.warning("a replay meets a lost pin", replay=str(id_), reason=reason)

                def refuse(_file: CaseFile, _item: Item, _followed: bool, reason: str = reason) -> UUID | None:
                    raise Conflict("pin_lost", reason)

                taken = await self._replays.take_item(id_, refuse)
                break
        if taken.file is not None:
            tell(self._deployment.measures, taken.file)
        return taken.done

    def _unmoved(self, file: CaseFile, item: Item, *, followed: bool) -> None:
        """Raise ``Conflict`` when the case is not as it was seen. After an earlier request of the same case was done by this
        replay (``followed``) the case has moved by that; then the request itself has to be as it was seen."""
        request = file.requests.get(item.request_id)
        if request is None or stamp(file, request) != item.stamp or (not followed and file.case.version != item.version):
            raise Conflict("moved", f"the case has moved from version {item.version} to {file.case.version} since it was seen")
