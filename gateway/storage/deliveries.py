"""Deliveries: rows written with what they tell of, claimed by state, kept when they are done."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Any, Final
from uuid import UUID

from sqlalchemy import BindParameter, bindparam, func, select, update

from gateway.application.store import OutboundDelivery
from gateway.domain.case_file import Mint
from gateway.domain.events import Event
from gateway.domain.incident import Incident, IncidentKind
from gateway.storage import bulk, rows, statements
from gateway.storage import tables as t
from gateway.storage.base import Part
from gateway.storage.columns import Instant, word
from gateway.storage.engine import Database, Tx
from gateway.storage.incidents import Opening, open_incidents
from gateway.storage.prepared import Prepared

_OPEN: Final = (word("pending"), word("claimed"))
_SETTLE: Final = bulk.update(t.deliveries, ("state", "next_at", "error", "settled_at"), {"id": "="})

#: Deliveries that are no case's events.
_WITHOUT_EVENTS: Final = ("alert", "notice")

Result = tuple[UUID, str, datetime | None, str]


class Deliveries(Part):
    """What the notifier asks for."""

    def __init__(self, db: Database, mint: Mint) -> None:
        super().__init__(db, mint)
        mine, earlier = t.deliveries.c, t.deliveries.alias("earlier")
        before = (
            select(earlier.c.position)
            .where(
                earlier.c.case_id == mine.case_id,
                earlier.c.kind == mine.kind,
                earlier.c.target == mine.target,
                earlier.c.state.in_(_OPEN),
                earlier.c.position < mine.position,
            )
            .exists()
        )
        now: BindParameter[datetime] = bindparam("now", type_=Instant)
        due = (
            select(mine.position)
            .where(mine.state.in_(_OPEN), mine.next_at <= now, ~before)
            .order_by(mine.next_at, mine.position)
            .limit(bindparam("most"))
            .with_for_update(skip_locked=True)
        )
        self._claim = Prepared(
            update(t.deliveries)
            .where(mine.position.in_(due.scalar_subquery()))
            .values(state="claimed", attempts=mine.attempts + 1, next_at=bindparam("until", type_=Instant))
            .returning(mine.position, mine.id, mine.kind, mine.target, mine.case_id, mine.payload, mine.attempts, mine.created_at)
        )
        events = t.events.c
        in_range = (events.case_id == mine.case_id) & events.seq.between(mine.seq_from, mine.seq_to)
        self._events = Prepared(
            select(mine.position, t.events)
            .join(t.events, in_range)
            .where(db.within(mine.position, "positions"), *(mine.kind != kind for kind in _WITHOUT_EVENTS))
        )

    async def claim_deliveries(self, most: int, lease_secs: float) -> list[OutboundDelivery]:
        async with self.db.write() as tx:
            now = await tx.now()
            until = now + timedelta(seconds=lease_secs)
            claimed = sorted(await tx.fetch(self._claim, {"now": now, "most": most, "until": until}), key=itemgetter(0))
            told = await self._told(tx, [row[0] for row in claimed if row[2] not in _WITHOUT_EVENTS])
        return [_delivery_of(row, told.get(row[0], ())) for row in claimed]

    async def _told(self, tx: Tx, positions: list[int]) -> dict[int, list[Event]]:
        told: dict[int, list[Event]] = {}
        if positions:
            for position, *event in sorted(await tx.fetch(self._events, {"positions": positions}), key=itemgetter(1)):
                told.setdefault(position, []).append(rows.event_of(event))
        return told

    async def settle_deliveries(self, results: Sequence[Result]) -> None:
        async with self.db.write() as tx:
            now = await tx.now()
            made = []
            for id_, state, next_at, error in sorted(results):
                pending = state == "pending"
                made.append((state, (next_at or now) if pending else None, error, None if pending else now, id_))
            await tx.bulk(_SETTLE, made)
            exhausted = [result for result in results if result[1] == "exhausted"]
            if exhausted:
                await tx.bulk(
                    statements.INSERT_DELIVERY, await open_incidents(tx, await self._given_up(tx, exhausted, now), self.mint)
                )

    async def next_delivery_at(self) -> datetime | None:
        deliveries = t.deliveries.c
        async with self.db.glance() as tx:
            row = await tx.one(select(func.min(deliveries.next_at)).where(deliveries.state.in_(_OPEN)))
        at: datetime | None = None if row is None else row[0]
        return at

    async def _given_up(self, tx: Tx, results: Sequence[Result], now: datetime) -> list[Opening]:
        """One incident a kind and target: when a receiver is down, one person has to look once."""
        errors = {id_: error for id_, _, _, error in results}
        deliveries = t.deliveries.c
        openings = []
        for row in await tx.rows(select(t.deliveries).where(deliveries.id.in_(list(errors)))):
            detail: dict[str, Any] = {"delivery": row.id, "kind": row.kind, "target": row.target, "error": errors[row.id]}
            fingerprint = f"{IncidentKind.EXHAUSTED}:delivery:{row.kind}:{row.target}"
            openings.append(Opening(Incident(IncidentKind.EXHAUSTED, fingerprint, detail), now))
        return openings


def _delivery_of(row: Sequence[Any], events: Sequence[Event]) -> OutboundDelivery:
    _, id_, kind, target, case_id, payload, attempts, created_at = row
    return OutboundDelivery(id_, kind, target, case_id, payload, attempts, created_at, events)
