"""Waitings that are due, and incidents that belong to no case."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import BindParameter, and_, bindparam, delete, func, not_, select

from gateway.application.store import DueTimer, Hold
from gateway.domain.case_file import Mint
from gateway.domain.incident import Incident, TimerKind
from gateway.storage import statements
from gateway.storage import tables as t
from gateway.storage.base import Part
from gateway.storage.columns import Instant, word
from gateway.storage.engine import Database, Tx
from gateway.storage.incidents import Opening, close_incident, open_incidents
from gateway.storage.prepared import Prepared

#: So many schedulers can take full batches at once without one waiting for what another has in hand.
_SCHEDULERS: Final = 4
_PROBES: Final = 8
#: While releases are changed one process after another, a newer one may write timers that this one does not know: they are
#: left to it.
_KNOWN: Final = t.timers.c.kind.in_([word(kind) for kind in TimerKind])


class Timers(Part):
    """What the clock role asks for."""

    def __init__(self, db: Database, mint: Mint) -> None:
        super().__init__(db, mint)
        cases, due_at = t.cases.c, t.timers.c.due_at
        now: BindParameter[datetime] = bindparam("now", type_=Instant)
        due = select(t.timers).where(due_at <= now, _KNOWN).order_by(due_at)
        self._timers_due = Prepared(due.limit(bindparam("most")).offset(bindparam("beyond")))
        self._unlocked = Prepared(
            select(cases.id).where(db.within(cases.id, "ids")).with_for_update(read=True, key_share=True, skip_locked=True)
        )

    async def due_timers(self, most: int, hold: Hold | None = None) -> list[DueTimer]:
        async with self.db.glance() as tx:
            now = await tx.now()
            found = first = await (self._timers(tx, now, most, 0) if hold is None else _beside(tx, now, most, hold))
            for place in range(1, _SCHEDULERS if hold is None else 1):
                if len(found) < most or not await self._in_hand(tx, found):
                    break
                found = await self._timers(tx, now, most, place * most)
        return [DueTimer(TimerKind(kind), subject, case_id, at) for kind, subject, case_id, at in found or first]

    async def _timers(self, tx: Tx, now: datetime, most: int, beyond: int) -> Sequence[Any]:
        return await tx.fetch(self._timers_due, {"now": now, "most": most, "beyond": beyond})

    async def _in_hand(self, tx: Tx, found: Sequence[Any]) -> bool:
        """Return whether another process is at these: it holds all of their cases, so that some of them tell."""
        ids = {row[2] for row in found[:: len(found) // _PROBES + 1] if row[2] is not None}
        return len(await tx.fetch(self._unlocked, {"ids": sorted(ids)})) < len(ids)

    async def next_timer_at(self) -> datetime | None:
        requests = t.requests.c
        first = select(func.min(t.timers.c.due_at)).where(_KNOWN).scalar_subquery()
        lease = select(func.min(requests.lease_until)).where(requests.lease_id.is_not(None)).scalar_subquery()
        async with self.db.glance() as tx:
            row = await tx.one(select(first, lease))
        return min((at for at in row or () if at is not None), default=None)

    async def clear_timer(self, kind: TimerKind, subject: UUID) -> None:
        timers = t.timers.c
        async with self.db.write() as tx:
            await tx.run(delete(t.timers).where(timers.kind == str(kind), timers.subject == subject))

    async def incident_is_open(self, fingerprint: str) -> bool:
        incidents = t.incidents.c
        query = select(incidents.id).where(incidents.fingerprint == fingerprint, incidents.state == word("open"))
        async with self.db.glance() as tx:
            return await tx.one(query) is not None

    async def last_event_at(self) -> datetime | None:
        async with self.db.glance() as tx:
            row = await tx.one(select(t.events.c.time).order_by(t.events.c.position.desc()).limit(1))
        return None if row is None else row.time

    async def open_incidents(self, incidents: Sequence[Incident]) -> None:
        async with self.db.write() as tx:
            now = await tx.now()
            alerts = await open_incidents(tx, [Opening(incident, now) for incident in incidents], self.mint)
            await tx.bulk(statements.INSERT_DELIVERY, alerts)

    async def close_incidents(self, fingerprints: Sequence[str], reason: str, by: str) -> int:
        async with self.db.write() as tx:
            now = await tx.now()
            return sum([await close_incident(tx, f, now, by, reason, of_case=False) for f in sorted(set(fingerprints))])


async def _beside(tx: Tx, now: datetime, most: int, hold: Hold) -> Sequence[Any]:
    """What is due besides what is held back."""
    timers = t.timers.c
    held = and_(timers.kind.in_(sorted(hold.kinds)), timers.due_at < hold.before)
    return await tx.rows(select(t.timers).where(timers.due_at <= now, _KNOWN, not_(held)).order_by(timers.due_at).limit(most))
