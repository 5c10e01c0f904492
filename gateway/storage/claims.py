"""``release``: handing out the work of a lane, and the leases that come of it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import BindParameter, bindparam, func, select, update

from gateway.application.store import Decide, LaneRow
from gateway.domain.case_file import CaseFile, Mint
from gateway.storage import rows
from gateway.storage import tables as t
from gateway.storage.changes import TRIES, Changes, run_decide
from gateway.storage.columns import Instant, word
from gateway.storage.engine import Database, Tx
from gateway.storage.errors import GuardLost, RowRefused, TryAgain
from gateway.storage.lanes import save_lane
from gateway.storage.load import Loaded
from gateway.storage.prepared import Prepared

log = logging.getLogger(__name__)
#: How often a lane is looked through again when the first cases of it cannot go.
_LOOKS: Final = 4

Prepare = Callable[[CaseFile, list[UUID]], None]
Room = Callable[[LaneRow, int, datetime], int]


class Claims(Changes):
    """Releases and leases."""

    def __init__(self, db: Database, mint: Mint) -> None:
        super().__init__(db, mint)
        requests = t.requests.c
        lane: BindParameter[str] = bindparam("lane")
        self._lane = Prepared(select(t.lanes).where(t.lanes.c.name == lane).with_for_update(skip_locked=True))
        self._in_flight = Prepared(select(func.count()).where(requests.lane == lane, requests.lease_id.is_not(None)))
        self._due = Prepared(
            select(requests.id, requests.case_id)
            .where(requests.lane == lane, requests.next_at.is_not(None), requests.next_at <= bindparam("now", type_=Instant))
            .order_by(requests.rank_at, requests.id)
            .limit(bindparam("most"))
            .offset(bindparam("passed"))
        )

    async def release(self, lane: str, room: Room, decide: Prepare, most: int) -> list[CaseFile]:
        alone = False
        for tried in range(TRIES):
            try:
                async with self.db.write() as tx:
                    return await self._hand_out(tx, lane, room, decide, most, alone=alone)
            except (GuardLost, TryAgain):
                alone = tried > 0  # twice is no coincidence: one of them may never hold
            except RowRefused:
                if alone:
                    raise
                alone = True
        return []

    async def _hand_out(self, tx: Tx, lane: str, room: Room, decide: Prepare, most: int, *, alone: bool) -> list[CaseFile]:
        found = await tx.fetch(self._lane, {"lane": lane})
        if not found:
            return []
        state, before = rows.lane_of(found[0]), rows.lane_of(found[0])
        in_flight = (await tx.fetch(self._in_flight, {"lane": lane}))[0][0]
        now = await tx.now()
        may_go = min(room(state, in_flight, now), most)
        released: list[CaseFile] = []
        passed = went = 0
        for _ in range(_LOOKS):
            if went >= may_go:
                break
            # What this look releases is no longer due in the next one; what it had to leave is passed over.
            most_now = may_go - went
            due = await tx.fetch(self._due, {"lane": lane, "now": now, "most": most_now, "passed": passed})
            done, count = await self._release_these(tx, lane, now, [(row[0], row[1]) for row in due], decide, alone=alone)
            released += done
            went += count
            passed += len(due) - count
            if len(due) < most_now:
                break
        if state != before:  # last, because what was released is spent from the lane's rate
            await save_lane(tx, state)
        return released

    async def _release_these(
        self, tx: Tx, lane: str, now: datetime, due: Sequence[tuple[UUID, UUID]], decide: Prepare, *, alone: bool
    ) -> tuple[list[CaseFile], int]:
        """Return the files saved, and how many of the requests are settled with that."""
        wanted: dict[UUID, list[UUID]] = {}
        for request_id, case_id in due:
            wanted.setdefault(case_id, []).append(request_id)
        good: list[Loaded] = []
        for one in await self.loader.load(tx, wanted, "pass over"):
            # Between our look and our lock another process may have moved them on.
            ids = [id_ for id_ in wanted[one.file.case.id] if _still_due(one.file, id_, lane, now)]
            if ids and (error := run_decide(one.file, _of(decide, ids))) is not None:
                log.warning("a release of case %s was refused: %s", one.file.case.number, error)
            elif ids:
                good.append(one)
        saved = await self._saved_alone(tx, good) if alone else await self._saved(tx, good)
        # Rank is kept within the answer too.
        order = {case_id: place for place, case_id in enumerate(wanted)}
        saved.sort(key=lambda file: order[file.case.id])
        moved = sum(1 for file in saved for id_ in wanted[file.case.id] if (n := file.requests[id_].next_at) is None or n > now)
        return saved, moved

    async def _saved(self, tx: Tx, good: Sequence[Loaded]) -> list[CaseFile]:
        against = await self.save(tx, good)
        for case_id, error in against.items():
            log.error("a release of case %s could not be stored: %s", case_id, error)
        return [one.file for one in good if one.file.case.id not in against]

    async def _saved_alone(self, tx: Tx, good: Sequence[Loaded]) -> list[CaseFile]:
        """Save each within a savepoint, after the group was refused: one bad row keeps nobody else back."""
        saved = []
        for one in good:
            try:
                async with tx.part():
                    saved += await self._saved(tx, [one])
            except (GuardLost, RowRefused):
                log.exception("a release of case %s could not be stored", one.file.case.number)
        return saved

    async def ended_leases(self, most: int) -> list[tuple[UUID, UUID]]:
        requests = t.requests.c
        async with self.db.glance() as tx:
            now = await tx.now()
            found = await tx.rows(
                select(requests.case_id, requests.id)
                .where(requests.lease_id.is_not(None), requests.lease_until <= now)
                .order_by(requests.lease_until)
                .limit(most)
            )
        return [(row.case_id, row.id) for row in found]

    async def end_all_leases(self) -> int:
        requests, inbox, deliveries = t.requests.c, t.inbox.c, t.deliveries.c
        async with self.db.write() as tx:
            now = await tx.now()
            held = requests.lease_id.is_not(None)
            count = await tx.run(update(t.requests).where(held, requests.lease_until > now).values(lease_until=now))
            await tx.run(update(t.inbox).where(inbox.state == word("new")).values(next_at=now))
            await tx.run(update(t.deliveries).where(deliveries.state == word("claimed")).values(state="pending", next_at=now))
        return count


def _of(decide: Prepare, ids: list[UUID]) -> Decide:
    return lambda file: decide(file, ids)


def _still_due(file: CaseFile, id_: UUID, lane: str, now: datetime) -> bool:
    request = file.requests.get(id_)
    return request is not None and request.lane == lane and request.next_at is not None and request.next_at <= now
