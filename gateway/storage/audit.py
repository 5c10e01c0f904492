"""Acts of people out of the events of all cases, by an index that ordinary events never enter; versions that are kept."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, func, literal_column, or_, select, tuple_

from gateway.application.audit import PEOPLE, ActBeside, ActFilter, ActOnCase, Beside
from gateway.application.reads import Page
from gateway.storage import content_tables as c
from gateway.storage import rows
from gateway.storage import tables as t
from gateway.storage.base import Part
from gateway.storage.calendar_tables import calendar_versions
from gateway.storage.calendars import SEED
from gateway.storage.conditions import UNDECIDED
from gateway.storage.cursors import bad_cursor, here
from gateway.storage.replay_tables import replays

#: As the index has it, word for word.
_BY_PEOPLE: Final[ColumnElement[bool]] = literal_column(f"({t.BY_PEOPLE})")
_events = t.events.c


class AuditRows(Part):
    """Implements ``AuditReads`` and ``PinReads``."""

    async def acts(self, wanted: ActFilter, after: str, limit: int) -> Page:
        query = select(t.events, t.cases.c.number).join(t.cases, t.cases.c.id == _events.case_id).where(_BY_PEOPLE)
        if wanted.actor:
            kind, _, _ = wanted.actor.partition(":")
            named = [wanted.actor] if kind in PEOPLE else [f"{each}:{wanted.actor}" for each in PEOPLE]
            query = query.where(_events.actor.in_(named))
        if wanted.types:
            query = query.where(_events.type.in_(list(wanted.types)))
        if wanted.since is not None:
            query = query.where(_events.time >= wanted.since)
        if wanted.until is not None:
            query = query.where(_events.time < wanted.until)
        if after:
            at, position = _place(after)
            query = query.where(tuple_(_events.time, _events.position) < here(_events.time, at, _events.position, position))
        query = query.order_by(_events.time.desc(), _events.position.desc()).limit(limit + 1)
        async with self.db.glance() as tx:
            found = await tx.rows(query)
        page = found[:limit]
        last = f"{page[-1].time.isoformat()}~{page[-1].position}" if len(found) > limit else ""
        return Page([ActOnCase(rows.event_of(row), row.number) for row in page], last)

    async def case_numbers(self, ids: Collection[UUID]) -> dict[UUID, str]:
        if not ids:
            return {}
        query = select(t.cases.c.id, t.cases.c.number).where(self.db.within(t.cases.c.id, "ids"))
        async with self.db.glance() as tx:
            return {row.id: row.number for row in await tx.rows(query, {"ids": list(ids)})}

    async def acts_beside(self, limit: int) -> list[ActBeside]:
        versions, lanes = calendar_versions.c, t.lanes.c
        amended = select(versions.made_at, versions.made_by, versions.calendar, versions.decree).where(versions.made_by != SEED)
        paused = select(lanes.paused_at, lanes.paused_by, lanes.name, lanes.paused_reason)
        paused = paused.where(lanes.paused, or_(*(func.substr(lanes.paused_by, 1, len(p) + 1) == f"{p}:" for p in PEOPLE)))
        async with self.db.read() as tx:
            made = await tx.rows(amended.order_by(versions.made_at.desc()).limit(limit))
            lying = await tx.rows(paused.limit(limit))
            repeated = await tx.rows(select(replays).order_by(replays.c.seen_at.desc(), replays.c.id.desc()).limit(limit))
        found = [ActBeside(row.made_at, row.made_by, Beside.CALENDAR, row.calendar, row.decree) for row in made]
        found += [ActBeside(row.paused_at, row.paused_by, Beside.LANE_PAUSED, row.name, row.paused_reason) for row in lying]
        for row in repeated:
            found += _of_replay(row)
        return sorted(found, key=lambda act: act.at, reverse=True)[:limit]

    async def pin_digests(self, most: int) -> Sequence[str]:
        async with self.db.glance() as tx:
            return [row.digest for row in await tx.rows(select(c.pins.c.digest).limit(most))]

    async def open_by_pin(self, most: int) -> Mapping[tuple[str, str], int]:
        cases = t.cases.c
        oldest = select(cases.service, cases.pin).where(UNDECIDED).order_by(cases.id).limit(most).subquery()
        query = select(oldest.c.service, oldest.c.pin, func.count()).group_by(oldest.c.service, oldest.c.pin)
        async with self.db.glance() as tx:
            return {(row[0], row[1]): row[2] for row in await tx.rows(query)}


def _of_replay(row: Any) -> list[ActBeside]:
    found = [ActBeside(row.seen_at, row.by, Beside.REPLAY_SEEN, str(row.id), row.reason)]
    if row.started_by and row.started_at is not None:
        found.append(ActBeside(row.started_at, row.started_by, Beside.REPLAY_STARTED, str(row.id), row.reason))
    if row.changed_by and row.changed_at is not None:
        found.append(ActBeside(row.changed_at, row.changed_by, Beside.REPLAY_CHANGED, str(row.id), row.changed_reason))
    return found


def _place(cursor: str) -> tuple[datetime, int]:
    at, _, position = cursor.partition("~")
    if not position.isdecimal() or len(position) > 18:
        raise bad_cursor()
    try:
        return datetime.fromisoformat(at).astimezone(UTC), int(position)
    except (ValueError, OverflowError) as error:
        raise bad_cursor() from error
