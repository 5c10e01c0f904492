"""Counts the clocks that an amendment of a calendar can move, by the index of clocks in flight."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, literal, or_, select

from gateway.storage import tables as t
from gateway.storage.base import Part
from gateway.storage.calendars import IN_FLIGHT


class ReachRows(Part):
    """Implements ``CalendarReach``."""

    async def clocks_reached(self, calendar: str, since: datetime, most: int) -> int:
        clocks = t.clocks.c
        late = or_(clocks.due_at.is_(None), clocks.due_at >= since)
        some = select(literal(1)).select_from(t.clocks).where(clocks.calendar == calendar, IN_FLIGHT, late).limit(most).subquery()
        async with self.db.glance() as tx:
            row = await tx.one(select(func.count().label("count")).select_from(some))
        return 0 if row is None else int(row.count)
