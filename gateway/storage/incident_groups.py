"""Groups of open incidents: one scan of what is open, which an index holds apart from all that is closed."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import func, select, update

from gateway.application.incident_groups import IncidentGroup
from gateway.application.reads import Page
from gateway.domain.incident import Incident
from gateway.domain.incident_groups import group_of
from gateway.storage import tables as t
from gateway.storage.columns import word
from gateway.storage.reads import Reading, incident_of, incidents_with_case

_SHARED: Final = ("kind", "agency", "lane")
_COUNTED: Final = ("cases", "first_at", "last_at")
_OPEN: Final = t.incidents.c.state == word("open")


class Groups(Reading):
    """Implements ``GroupStore`` (``gateway.application.incident_groups``)."""

    async def incident_groups(self, *, kind: str, agency: str, after: int, limit: int, group: str = "") -> Page:
        incidents = t.incidents.c
        count = func.count().label("number")
        query = (
            select(
                incidents.group_key,
                count,
                func.count(incidents.case_id.distinct()).label("cases"),
                func.min(incidents.opened_at).label("first_at"),
                func.max(incidents.last_at).label("last_at"),
            )
            .where(_OPEN, incidents.group_key.is_not(None))
            .group_by(incidents.group_key)  # kind, agency and lane follow from it
            .order_by(count.desc(), incidents.group_key)
            .offset(after)
            .limit(limit + 1)
        )
        if kind:
            query = query.where(incidents.kind == kind)
        if agency:
            query = query.where(incidents.agency == agency)
        if group:
            query = query.where(incidents.group_key == group)
        found: list[IncidentGroup] = []
        async with self.db.read() as tx:
            groups = await tx.rows(query)
            for row in groups[:limit]:
                newest = incidents_with_case().where(_OPEN, incidents.group_key == row.group_key)
                example = incident_of(await tx.one(newest.order_by(incidents.opened_at.desc(), incidents.id.desc()).limit(1)))
                shared = {name: getattr(example, name) for name in _SHARED}
                counted = {name: getattr(row, name) for name in _COUNTED}
                found.append(IncidentGroup(group=row.group_key, count=row.number, **shared, **counted, example=example))
        return Page(found, str(after + limit) if len(groups) > limit else "")

    async def open_of_group(self, group: str, until: datetime, most: int) -> list[tuple[UUID, UUID | None, str]]:
        incidents = t.incidents.c
        query = select(incidents.id, incidents.case_id, incidents.fingerprint)
        query = query.where(_OPEN, incidents.group_key == group, incidents.opened_at <= until)
        async with self.db.glance() as tx:
            found = await tx.rows(query.order_by(incidents.opened_at, incidents.id).limit(most))
        return [(row.id, row.case_id, row.fingerprint) for row in found]

    async def count_of_group(self, group: str, until: datetime) -> int:
        incidents = t.incidents.c
        query = select(func.count()).where(_OPEN, incidents.group_key == group, incidents.opened_at <= until)
        async with self.db.glance() as tx:
            row = await tx.one(query)
        return 0 if row is None else int(row[0])

    async def fill_groups(self, most: int) -> int:
        incidents = t.incidents.c
        bare = select(incidents.id).where(_OPEN, incidents.group_key.is_(None)).limit(most)
        async with self.db.glance() as tx:
            if await tx.one(bare.limit(1)) is None:
                return 0
        async with self.db.write() as tx:
            ids = [row.id for row in await tx.rows(bare.with_for_update(skip_locked=True))]
            for row in await tx.rows(select(t.incidents).where(incidents.id.in_(ids))):
                incident = Incident(row.kind, row.fingerprint, row.detail, agency=row.agency, lane=row.lane)
                await tx.run(update(t.incidents).where(incidents.id == row.id).values(group_key=group_of(incident)))
        return len(ids)
