"""The lanes' rows, and what is due in each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from sqlalchemy import exists, func, or_, select

from gateway.application.store import LaneRow
from gateway.domain.errors import NotFound
from gateway.domain.incident import Incident
from gateway.storage import bulk, rows, statements
from gateway.storage import tables as t
from gateway.storage.base import Part
from gateway.storage.columns import dump_json, word
from gateway.storage.engine import Tx
from gateway.storage.incidents import Opening, close_incident, open_incidents

_ENSURE = bulk.insert(t.lanes, t.lanes.c.keys(), on_conflict="(name) DO NOTHING")
_STATE = ("paused", "paused_reason", "paused_by", "paused_at", "tokens", "filled_at", "failures", "rests_until", "suspects")
_CHANGE = bulk.update(t.lanes, _STATE, {"name": "="})


async def save_lane(tx: Tx, lane: LaneRow) -> None:
    """Write a lane's row, which is under our lock."""
    state = tuple(dump_json(list(lane.suspects)) if name == "suspects" else getattr(lane, name) for name in _STATE)
    await tx.bulk(_CHANGE, [(*state, lane.name)])


class Lanes(Part):
    """Lanes. A lane's row is locked before any case."""

    async def ready_lanes(self) -> list[str]:
        requests, lanes = t.requests.c, t.lanes.c
        in_lane = (requests.lane == lanes.name) & (requests.lane != word(""))  # as the index has it
        async with self.db.glance() as tx:
            now = await tx.now()
            due = exists().where(in_lane, requests.next_at.is_not(None), requests.next_at <= now)
            rests = or_(lanes.rests_until.is_(None), lanes.rests_until <= now)
            found = await tx.rows(select(lanes.name).where(~lanes.paused, rests, due).order_by(lanes.name))
        return [row.name for row in found]

    async def next_work_at(self) -> datetime | None:
        requests, lanes = t.requests.c, t.lanes.c
        in_lane = (requests.lane == lanes.name) & (requests.lane != word(""))  # as the index has it
        async with self.db.glance() as tx:
            now = await tx.now()
            first = select(func.min(requests.next_at)).where(in_lane, requests.next_at > now).scalar_subquery()
            waits = exists().where(in_lane, requests.next_at.is_not(None))
            found = await tx.rows(select(first.label("first"), lanes.rests_until, waits.label("waits")).where(~lanes.paused))
        times = [row.first for row in found] + [row.rests_until for row in found if row.waits]
        return min((at for at in times if at is not None and at > now), default=None)

    async def change_lane(self, lane: str, change: Callable[[LaneRow, datetime], list[Incident]]) -> LaneRow:
        async with self.db.write() as tx:
            row = await tx.one(select(t.lanes).where(t.lanes.c.name == lane).with_for_update())
            if row is None:
                raise NotFound("unknown_lane", f"there is no lane {lane!r}")
            state = rows.lane_of(row)
            now = await tx.now()
            incidents = change(state, now)
            await save_lane(tx, state)
            for print_, reason in state.recovered:
                await close_incident(tx, print_, now, "gateway", reason, of_case=False)
            alerts = await open_incidents(tx, [Opening(incident, now) for incident in incidents], self.mint)
            await tx.bulk(statements.INSERT_DELIVERY, alerts)
        return state

    async def ensure_lanes(self, lanes: Mapping[str, str]) -> None:
        made = [(name, lanes[name], False, "", "", None, 0.0, None, 0, None, "[]") for name in sorted(lanes)]
        async with self.db.write() as tx:
            await tx.bulk(_ENSURE, made)
