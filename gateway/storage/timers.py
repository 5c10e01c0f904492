"""Waitings that are due, and incidents that belong to no case."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, delete, func, not_, select

from gateway.application.store import DueTimer, Hold
from gateway.domain.incident import Incident, TimerKind
from gateway.storage import statements
from gateway.storage import tables as t
from gateway.storage.base import Part
from gateway.storage.columns import word
from gateway.storage.incidents import Opening, close_incident, open_incidents


class Timers(Part):
    """What the clock role asks for."""

    async def due_timers(self, most: int, hold: Hold | None = None) -> list[DueTimer]:
        timers = t.timers.c
        query = select(t.timers).order_by(timers.due_at).limit(most)
        if hold is not None:
            query = query.where(not_(and_(timers.kind.in_(sorted(hold.kinds)), timers.due_at < hold.before)))
        async with self.db.glance() as tx:
            now = await tx.now()
            found = await tx.rows(query.where(timers.due_at <= now))
        return [DueTimer(TimerKind(row.kind), row.subject, row.case_id, row.due_at) for row in found]

    async def next_timer_at(self) -> datetime | None:
        requests = t.requests.c
        first = select(func.min(t.timers.c.due_at)).scalar_subquery()
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
