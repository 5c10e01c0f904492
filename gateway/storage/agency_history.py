"""How agencies have been: attempts of their newest requests, found by an index, and the incidents of their lanes."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select

from gateway.application.agency_history import REQUESTS, History, Outage, Tried
from gateway.domain.incident import IncidentKind
from gateway.storage import tables as t
from gateway.storage.base import Part
from gateway.storage.columns import word

_KINDS: Final = (IncidentKind.LANE_DOWN, IncidentKind.LANE_MISCONFIGURED)
#: An outage that was opened longer ago than this before the time asked for, and is over, is not looked for.
_BEFORE: Final = timedelta(days=2)
#: So many closed incidents of all kinds are looked through for outages, the newest; and so many outages are told.
_LOOKED_AT: Final = 20_000
_TOLD: Final = 200


class AgencyHistoryRows(Part):
    """Implements ``AgencyHistory`` (``gateway.application.agency_history``)."""

    async def tried(self, agency: str, since: datetime, most: int = REQUESTS) -> History:
        requests, attempts = t.requests.c, t.attempts.c
        # Case ids grow with time, so the index by agency gives the newest requests without looking at the others.
        newest = (
            select(requests.id, requests.case_id, requests.lane, requests.created_at)
            .where(requests.agency == agency)
            .order_by(requests.case_id.desc())
            .limit(most)
            .subquery()
        )
        query = (
            select(attempts.finished_at, newest.c.lane, attempts.outcome)
            .join(newest, (attempts.case_id == newest.c.case_id) & (attempts.request_id == newest.c.id))
            .where(attempts.finished_at >= since)
            .order_by(attempts.finished_at)
        )
        last = (
            select(requests.created_at)
            .where(requests.agency == agency)
            .order_by(requests.case_id.desc())
            .offset(most - 1)
            .limit(1)
        )
        async with self.db.read() as tx:
            found = [Tried(row[0], row[1], row[2]) for row in await tx.rows(query)]
            oldest = await tx.one(last)
        cut = oldest is not None and oldest.created_at > since
        return History(found, oldest.created_at if cut and oldest is not None else None)

    async def outages(self, since: datetime, agency: str = "") -> list[Outage]:
        incidents = t.incidents.c
        kinds = incidents.kind.in_([word(kind) for kind in _KINDS])
        standing = select(t.incidents).where(incidents.state == word("open"), kinds)
        closed = (
            select(incidents.id)
            .where(incidents.state == word("closed"), incidents.opened_at >= since - _BEFORE)
            .order_by(incidents.opened_at.desc(), incidents.id.desc())
            .limit(_LOOKED_AT)
        )
        over = select(t.incidents).where(incidents.id.in_(closed), kinds, incidents.closed_at >= since)
        found = []
        async with self.db.glance() as tx:
            for query in (standing, over):
                narrowed = query.where(incidents.agency == agency) if agency else query
                found += list(await tx.rows(narrowed.order_by(incidents.opened_at.desc()).limit(_TOLD)))
        told = [Outage(r.lane, r.kind, r.opened_at, r.closed_at, str(r.detail.get("reason") or "")) for r in found]
        return sorted(told, key=lambda outage: outage.since, reverse=True)
