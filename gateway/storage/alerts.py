"""Alerts in the database: gathered from incidents, advanced under a lock, their messages written in the same commit.

Locks are taken in the order of the keys wherever they are waited for; ``advance_alerts`` passes over what another holds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, and_, func, or_, select, tuple_, update

from gateway.application.alerts import NOTICE, Advance, Notice, NoticeRow, SilenceRow, Summarise
from gateway.application.reads import Page
from gateway.application.store import OutboundDelivery
from gateway.domain.alert_groups import Signal, gather, wanted_keys
from gateway.domain.alerting import LANE_KINDS, Alert, Members, Silence
from gateway.domain.errors import Conflict, NotFound
from gateway.storage import bulk, rows, statements
from gateway.storage import tables as t
from gateway.storage.alert_tables import alert_incidents, alerts, silences
from gateway.storage.base import Part
from gateway.storage.columns import dump_json, word
from gateway.storage.cursors import here, instant_cursor
from gateway.storage.engine import Tx

_COLUMNS: Final = tuple(alerts.c.keys())
_CHANGED: Final = tuple(name for name in _COLUMNS if name not in ("id", "key"))
_INSERT = bulk.insert(alerts, _COLUMNS)
_CHANGE = bulk.update(alerts, _CHANGED, {"id": "="})
_JOIN = bulk.insert(alert_incidents, alert_incidents.c.keys(), on_conflict="(incident_id) DO NOTHING")
_SETTLE = bulk.update(t.deliveries, ("state", "next_at", "settled_at"), {"id": "="})
_INSERT_SILENCE = bulk.insert(silences, silences.c.keys())
_SILENCE: Final = ("id", "starts_at", "ends_at", "by", "reason", "agency", "kind", "service")
#: Processes that gather take turns on this PostgreSQL advisory lock.
_TURN: Final = 0x616C7274
_JSON: Final = frozenset({"detail", "cases", "told_to"})


class Alerts(Part):
    """Implements ``AlertStore`` (``gateway.application.alerts``)."""

    async def gather_alerts(self, deliveries: Sequence[OutboundDelivery]) -> None:
        async with self.db.write() as tx:
            now = await tx.now()
            signals = await self._signals(tx, deliveries)
            await self._gather(tx, signals, now)
            await tx.bulk(_SETTLE, [("delivered", None, now, delivery.id) for delivery in sorted(deliveries, key=lambda d: d.id)])

    async def _signals(self, tx: Tx, deliveries: Sequence[OutboundDelivery]) -> list[Signal]:
        """Return the incidents that no alert has yet: a delivery that was claimed twice is gathered once."""
        found = {UUID(d.payload["incident"]): d.payload for d in deliveries}
        known = select(alert_incidents.c.incident_id).where(alert_incidents.c.incident_id.in_(found))
        for row in await tx.rows(known):
            found.pop(row.incident_id, None)
        cases = {UUID(p["case_id"]) for p in found.values() if p.get("case_id")}
        services = {
            row.id: row.service for row in await tx.rows(select(t.cases.c.id, t.cases.c.service).where(t.cases.c.id.in_(cases)))
        }
        return [_signal(id_, payload, services) for id_, payload in found.items()]

    async def _gather(self, tx: Tx, signals: Sequence[Signal], now: datetime) -> None:
        if not signals:
            return
        if self.db.postgres:  # one process at a time: two would open the same alert twice
            await tx.run(select(func.pg_advisory_xact_lock(_TURN)))
        wanted = sorted(wanted_keys(signals))
        locked = select(alerts).where(alerts.c.key.in_(wanted), ~alerts.c.is_over).order_by(alerts.c.key).with_for_update()
        known = {row.key: _alert_of(row) for row in await tx.rows(locked)}
        made = gather(signals, known, self.mint.uuid, now)
        for id_, outage in made.merged.items():
            await tx.run(update(alert_incidents).where(alert_incidents.c.alert_id == id_).values(alert_id=outage.id))
            await tx.run(alerts.delete().where(alerts.c.id == id_))
        new = {alert.id for alert in made.new.values()}
        grown = {alert.id: alert for alert, _ in made.joined if alert.id not in new}
        await tx.bulk(_CHANGE, [_change(alert) for alert in grown.values()])
        await tx.bulk(_INSERT, [_row(made.new[key]) for key in sorted(made.new)])
        await tx.bulk(_JOIN, [(signal.id, alert.id, signal.kind in LANE_KINDS) for alert, signal in made.joined])

    async def advance_alerts(self, advance: Advance, most: int) -> int:
        columns = alerts.c
        gone = and_(columns.over_since.is_(None), ~_open_members().exists())
        async with self.db.glance() as tx:
            now = await tx.now()
            due = and_(~columns.is_over, or_(columns.next_at <= now, gone))
            found = [row.id for row in await tx.rows(select(columns.id).where(due).order_by(columns.next_at).limit(most))]
        if not found:
            return 0
        async with self.db.write() as tx:
            now = await tx.now()
            windows = await self._windows(tx, now)
            still = select(alerts).where(columns.id.in_(found), due).order_by(columns.id)
            locked = still.with_for_update(skip_locked=True)  # what another process has done meanwhile is due no longer
            done = [_alert_of(row) for row in await tx.rows(locked)]
            made: list[tuple[UUID, Notice]] = []
            for alert in done:
                members = await _members(tx, alert.id)
                made += [(alert.id, notice) for notice in advance(alert, members, windows, now)]
            await tx.bulk(_CHANGE, [_change(alert) for alert in done])
            await self._write(tx, made, now)
        return len(made)

    async def end_silences(self, summarise: Summarise) -> int:
        columns = silences.c
        async with self.db.glance() as tx:
            now = await tx.now()
            ended = and_(columns.summarised_at.is_(None), columns.ends_at <= now)
            if await tx.one(select(columns.id).where(ended).limit(1)) is None:
                return 0
        async with self.db.write() as tx:
            now = await tx.now()
            found = await tx.rows(select(silences).where(ended).order_by(columns.ends_at).with_for_update(skip_locked=True))
            windows = await self._windows(tx, now)
            for row in found:
                query = select(alerts).where(alerts.c.silence_id == row.id).order_by(alerts.c.key, alerts.c.opened_at)
                held = [_alert_of(one) for one in await tx.rows(query.with_for_update())]
                made = summarise(_silence_of(row), held, windows, now)
                await tx.bulk(_CHANGE, [_change(alert) for alert in held])
                await self._write(tx, [(row.id, notice) for notice in made], now)
                await tx.run(update(silences).where(columns.id == row.id).values(summarised_at=now))
        return len(found)

    async def alerts(self, *, state: str, kind: str, agency: str, after: str, limit: int) -> Page:
        columns = alerts.c
        query = select(alerts).order_by(columns.opened_at.desc(), columns.id.desc()).limit(limit + 1)
        if state:
            query = query.where(columns.is_over if state == "over" else ~columns.is_over)
        for column, value in ((columns.kind, kind), (columns.agency, agency)):
            if value:
                query = query.where(column == value)
        found = await self._page(query, columns.opened_at, columns.id, after)
        page = [_alert_of(row) for row in found[:limit]]
        return Page(page, f"{page[-1].opened_at.isoformat()}~{page[-1].id}" if len(found) > limit else "")

    async def alert(self, id_: UUID) -> Alert | None:
        async with self.db.glance() as tx:
            row = await tx.one(select(alerts).where(alerts.c.id == id_))
        return None if row is None else _alert_of(row)

    async def notices(self, alert_id: UUID) -> list[NoticeRow]:
        columns = t.deliveries.c
        query = select(t.deliveries).where(columns.case_id == alert_id, columns.kind == NOTICE).order_by(columns.position)
        async with self.db.glance() as tx:
            return [
                NoticeRow(r.id, r.target, r.payload["what"], r.state, r.attempts, r.next_at, r.error, r.created_at, r.settled_at)
                for r in await tx.rows(query)
            ]

    async def change_alert(self, id_: UUID, change: Callable[[Alert, datetime], None]) -> Alert:
        async with self.db.write() as tx:
            row = await tx.one(select(alerts).where(alerts.c.id == id_).with_for_update())
            if row is None:
                raise NotFound("not_found", f"there is no alert {id_}")
            alert = _alert_of(row)
            change(alert, await tx.now())
            await tx.bulk(_CHANGE, [_change(alert)])
        return alert

    async def silences(self, after: str, limit: int) -> Page:
        columns = silences.c
        query = select(silences).order_by(columns.created_at.desc(), columns.id.desc()).limit(limit + 1)
        found = await self._page(query, columns.created_at, columns.id, after)
        page = [_silence_row_of(row) for row in found[:limit]]
        last = page[-1] if len(found) > limit else None
        return Page(page, f"{last.created_at.isoformat()}~{last.silence.id}" if last is not None else "")

    async def add_silence(self, silence: Silence) -> SilenceRow:
        async with self.db.write() as tx:
            now = await tx.now()
            await tx.bulk(_INSERT_SILENCE, [(*(getattr(silence, name) for name in _SILENCE), now, "", None)])
        return SilenceRow(silence, now)

    async def end_silence(self, id_: UUID, by: str) -> SilenceRow:
        async with self.db.write() as tx:
            row = await tx.one(select(silences).where(silences.c.id == id_).with_for_update())
            if row is None:
                raise NotFound("not_found", f"there is no silence {id_}")
            now = await tx.now()
            if row.ends_at <= now:
                raise Conflict("silence_ended", f"the silence {id_} has ended already, at {row.ends_at.isoformat()}")
            starts_at = min(row.starts_at, now)
            await tx.run(update(silences).where(silences.c.id == id_).values(starts_at=starts_at, ends_at=now, ended_by=by))
            changed = await tx.one(select(silences).where(silences.c.id == id_))
        return _silence_row_of(changed)

    async def _windows(self, tx: Tx, now: datetime) -> list[Silence]:
        query = select(silences).where(silences.c.starts_at <= now, silences.c.ends_at > now)
        return [_silence_of(row) for row in await tx.rows(query.order_by(silences.c.ends_at.desc()))]

    async def _page(self, query: Select[Any], at: Any, id_: Any, after: str) -> Sequence[Any]:
        if after:
            moment, last = instant_cursor(after)
            query = query.where(tuple_(at, id_) < here(at, moment, id_, last))
        async with self.db.glance() as tx:
            return await tx.rows(query)

    async def _write(self, tx: Tx, made: Iterable[tuple[UUID, Notice]], now: datetime) -> None:
        """A message carries its alert's id where others carry a case's: so those about one alert keep their order."""
        await tx.bulk(
            statements.INSERT_DELIVERY,
            [
                rows.delivery_row(self.mint.uuid(), NOTICE, now, target=n.target, case_id=about, payload=dump_json(n.payload))
                for about, n in made
            ],
        )


def _open_members() -> Select[Any]:
    """The open incidents that keep an alert from being over: of an outage those of the lane."""
    joined = alert_incidents.join(t.incidents, t.incidents.c.id == alert_incidents.c.incident_id)
    return (
        select(alert_incidents.c.incident_id)
        .select_from(joined)
        .where(
            alert_incidents.c.alert_id == alerts.c.id,
            or_(alerts.c.kind.not_in(sorted(LANE_KINDS)), alert_incidents.c.of_lane),
            t.incidents.c.state == word("open"),
        )
        .correlate(alerts)
    )


async def _members(tx: Tx, alert_id: UUID) -> Members:
    members = alert_incidents.c
    joined = alert_incidents.join(t.incidents, t.incidents.c.id == members.incident_id)
    query = (
        select(members.of_lane, t.incidents.c.state, func.count())
        .select_from(joined)
        .where(members.alert_id == alert_id)
        .group_by(members.of_lane, t.incidents.c.state)
    )
    counts = {(bool(row[0]), row[1]): row[2] for row in await tx.rows(query)}
    lane_open = counts.get((True, "open"), 0)
    lane_all = sum(count for (of_lane, _), count in counts.items() if of_lane)
    return Members(lane_open + counts.get((False, "open"), 0), lane_open, lane_all)


def _signal(id_: UUID, payload: Any, services: dict[UUID, str]) -> Signal:
    detail = payload.get("detail") or {}
    case_id = UUID(payload["case_id"]) if payload.get("case_id") else None
    service = services.get(case_id, "") if case_id is not None else ""
    return Signal(
        id_,
        str(payload["kind"]),
        str(payload["fingerprint"]),
        datetime.fromisoformat(payload["opened_at"]),
        agency=str(payload.get("agency") or ""),
        lane=str(payload.get("lane") or ""),
        service=service or str(detail.get("service") or ""),
        case_number=str(payload.get("case_number") or ""),
        detail=detail,
    )


def _alert_of(row: Any) -> Alert:
    alert = Alert(**{name: getattr(row, name) for name in _COLUMNS})
    alert.cases, alert.told_to = tuple(alert.cases), tuple(alert.told_to)
    return alert


def _value(alert: Alert, name: str) -> Any:
    value = getattr(alert, name)
    return dump_json(value if name == "detail" else list(value)) if name in _JSON else value


def _row(alert: Alert) -> tuple[Any, ...]:
    return tuple(_value(alert, name) for name in _COLUMNS)


def _change(alert: Alert) -> tuple[Any, ...]:
    return (*(_value(alert, name) for name in _CHANGED), alert.id)


def _silence_of(row: Any) -> Silence:
    return Silence(**{name: getattr(row, name) for name in _SILENCE})


def _silence_row_of(row: Any) -> SilenceRow:
    return SilenceRow(_silence_of(row), row.created_at, row.ended_by, row.summarised_at)
