"""What the console's overview asks of the cases as a whole, answered by the indexes of due dates and of receipt."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Integer, Text, cast, extract, func, select

from gateway.application.reads import HourCount
from gateway.domain.case import Case
from gateway.storage import rows
from gateway.storage import tables as t
from gateway.storage.base import Part


class OverviewRows(Part):
    """A part of ``Reads``."""

    async def version_of(self, case_id: UUID) -> int | None:
        async with self.db.glance() as tx:
            row = await tx.one(select(t.cases.c.version).where(t.cases.c.id == case_id))
        return None if row is None else row.version

    async def due_soon(self, before: datetime, most: int) -> Sequence[Case]:
        cases = t.cases.c
        query = select(t.cases).where(cases.closed_at.is_(None), cases.due_at < before).order_by(cases.due_at).limit(most)
        async with self.db.glance() as tx:
            return [rows.case_of(row) for row in await tx.rows(query)]

    async def received_by_hour(self, since: datetime) -> Sequence[HourCount]:
        cases = t.cases.c
        hour: ColumnElement[Any]
        if self.db.postgres:
            hour = cast(func.floor(extract("epoch", cases.received_at) / 3600), Integer)
        else:
            hour = cast(func.strftime("%s", func.substr(cast(cases.received_at, Text), 1, 19)), Integer) // 3600
        query = (
            select(hour.label("hour"), func.count().label("received"), func.count(cases.decided_at).label("decided"))
            .where(cases.received_at >= since)
            .group_by("hour")
            .order_by("hour")
        )
        async with self.db.read() as tx:
            found = await tx.rows(query)
        return [HourCount(datetime.fromtimestamp(int(row.hour) * 3600, UTC), row.received, row.decided) for row in found]
