"""The reading side: single cases, events, requests' attempts, incidents, lanes, the desk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, case, exists, func, select, tuple_

from gateway.application.feed import place_of
from gateway.application.reads import DeskTask, IncidentRow, LaneState, Page
from gateway.domain.case_file import Attempt, CaseFile, Disclosure
from gateway.domain.events import Event
from gateway.domain.incident import Incident, TimerKind
from gateway.domain.incident_groups import group_of
from gateway.storage import rows
from gateway.storage import tables as t
from gateway.storage.base import Part
from gateway.storage.columns import load_json, word
from gateway.storage.cursors import here, instant_cursor
from gateway.storage.feed import HORIZON


class Reading(Part):
    """Reads. Nothing here locks or changes anything."""

    async def case_file(self, case: UUID | str, client: str = "") -> CaseFile | None:
        async with self.db.read() as tx:
            id_ = case if isinstance(case, UUID) else _uuid(case)
            if id_ is None:
                row = await tx.one(select(t.cases.c.id).where(t.cases.c.number == case))
                id_ = None if row is None else row.id
            loaded = await self.loader.load(tx, [id_], lock="") if id_ is not None else []
        if not loaded or (client and loaded[0].file.case.client != client):
            return None
        return loaded[0].file

    async def version_of(self, case_id: UUID) -> int | None:
        async with self.db.glance() as tx:
            row = await tx.one(select(t.cases.c.version).where(t.cases.c.id == case_id))
        return None if row is None else row.version

    async def events_of(self, case_id: UUID, after_seq: int = 0, limit: int = 1000) -> list[Event]:
        events = t.events.c
        query = select(t.events).where(events.case_id == case_id, events.seq > after_seq).order_by(events.seq).limit(limit)
        async with self.db.glance() as tx:
            return [rows.event_of(row) for row in await tx.rows(query)]

    async def events_after(self, after: str, limit: int, client: str = "") -> Page:
        events = t.events.c
        tx_id, position = place_of(after)
        query = select(t.events).order_by(events.tx, events.position).limit(limit)
        query = query.where(tuple_(events.tx, events.position) > here(events.tx, tx_id, events.position, position))
        if self.db.postgres:
            query = query.where(events.tx < HORIZON)
        if client:
            query = query.where(exists().where(t.cases.c.id == events.case_id, t.cases.c.client == client))
        async with self.db.glance() as tx:
            found = await tx.rows(query)
        # The end of what there is now is a cursor too: a follower goes on from it.
        return Page([rows.event_of(row) for row in found], f"{found[-1].tx}.{found[-1].position}" if found else after)

    async def attempts_of(self, case_id: UUID) -> list[Attempt]:
        query = select(t.attempts).where(t.attempts.c.case_id == case_id).order_by(t.attempts.c.position)
        async with self.db.glance() as tx:
            return [rows.attempt_of(row) for row in await tx.rows(query)]

    async def disclosures_of(self, case_id: UUID) -> list[Disclosure]:
        query = select(t.disclosures).where(t.disclosures.c.case_id == case_id).order_by(t.disclosures.c.position)
        async with self.db.glance() as tx:
            return [rows.disclosure_of(row) for row in await tx.rows(query)]

    async def is_claimed(self, unique: str) -> bool:
        claims = t.unique_claims.c
        open_ = and_(claims.hash == unique, claims.released_at.is_(None), claims.linked_to.is_(None))
        async with self.db.glance() as tx:
            return await tx.one(select(claims.case_id).where(open_)) is not None

    async def case_of_request(self, request_id: UUID) -> UUID | None:
        async with self.db.glance() as tx:
            row = await tx.one(select(t.requests.c.case_id).where(t.requests.c.id == request_id))
        return None if row is None else row.case_id

    async def incidents(
        self, *, state: str, kind: str, agency: str, case_id: UUID | None, after: str, limit: int, group: str = ""
    ) -> Page:
        incidents = t.incidents.c
        query = incidents_with_case().order_by(incidents.opened_at.desc(), incidents.id.desc()).limit(limit + 1)
        narrowed = ((incidents.state, state), (incidents.kind, kind), (incidents.agency, agency), (incidents.group_key, group))
        for column, value in narrowed:
            if value:
                query = query.where(column == value)
        if case_id is not None:
            query = query.where(incidents.case_id == case_id)
        if after:
            at, id_ = instant_cursor(after)
            place = here(incidents.opened_at, at, incidents.id, id_)
            query = query.where(tuple_(incidents.opened_at, incidents.id) < place)
        async with self.db.glance() as tx:
            found = await tx.rows(query)
        page = [incident_of(row) for row in found[:limit]]
        return Page(page, f"{page[-1].opened_at.isoformat()}~{page[-1].id}" if len(found) > limit else "")

    async def incident(self, id_: UUID) -> IncidentRow | None:
        async with self.db.glance() as tx:
            row = await tx.one(incidents_with_case().where(t.incidents.c.id == id_))
        return None if row is None else incident_of(row)

    async def lanes(self) -> list[LaneState]:
        requests, lanes = t.requests.c, t.lanes.c
        in_lane = and_(requests.lane == lanes.name, requests.lane != word(""))
        async with self.db.read() as tx:
            now = await tx.now()
            due = and_(in_lane, requests.next_at.is_not(None), requests.next_at <= now)
            ready = select(func.count()).where(due).scalar_subquery()
            oldest = select(func.min(requests.next_at)).where(due).scalar_subquery()
            held = select(func.count()).where(in_lane, requests.lease_id.is_not(None)).scalar_subquery()
            found = await tx.rows(select(t.lanes, ready, held, oldest).order_by(lanes.name))
        width = len(t.lanes.c)
        return [LaneState(rows.lane_of(row[:width]), row[width], row[width + 1], row[width + 2]) for row in found]

    async def desk(self, agencies: Sequence[str], branch: str, after: str, limit: int) -> Page:
        requests = t.requests.c
        waiting = requests.status.in_((word("awaiting_reply"), word("awaiting_applicant")))
        message = and_(t.messages.c.request_id == requests.id, t.messages.c.purpose == "send")
        query = (
            select(t.requests, t.cases.c.number, t.messages.c.content)
            .join(t.cases, t.cases.c.id == requests.case_id)
            .outerjoin(t.messages, message)
            .where(waiting, requests.agency.in_(agencies))
            .order_by(requests.rank_at, requests.id)
            .limit(limit + 1)
        )
        if branch:
            query = query.where(requests.branch == branch)
        if after:
            at, id_ = instant_cursor(after)
            query = query.where(tuple_(requests.rank_at, requests.id) > here(requests.rank_at, at, requests.id, id_))
        async with self.db.glance() as tx:
            found = await tx.rows(query)
        last = found[limit - 1] if len(found) > limit else None
        return Page([_task_of(row) for row in found[:limit]], f"{last.rank_at.isoformat()}~{last.id}" if last is not None else "")

    async def counts(self, *names: str) -> Mapping[str, Mapping[str, int]]:
        open_ = t.incidents.c.state == word("open")
        queries: dict[str, Select[Any]] = {
            "cases": select(t.cases.c.status, func.count()).group_by(t.cases.c.status),
            "requests": select(t.requests.c.status, func.count()).group_by(t.requests.c.status),
            "incidents": select(t.incidents.c.kind, func.count()).where(open_).group_by(t.incidents.c.kind),
            # What is delivered is kept and grows for ever; what is not is what a person looks for.
            "deliveries": select(t.deliveries.c.state, func.count())
            .where(t.deliveries.c.state != word("delivered"))
            .group_by(t.deliveries.c.state),
        }
        async with self.db.read() as tx:
            wanted = names or tuple(queries)
            return {name: {row[0]: row[1] for row in await tx.rows(queries[name])} for name in wanted}

    async def running_clocks(self, soon: datetime) -> Mapping[str, tuple[int, int]]:
        # By their timers, of which only running clocks have one: the clocks that have ended stay for ever.
        query = (
            select(t.clocks.c.kind, func.count(), func.count(case((t.clocks.c.due_at < soon, 1))))
            .join(t.timers, t.timers.c.subject == t.clocks.c.id)
            .where(t.timers.c.kind.in_((TimerKind.CLOCK_WARNING, TimerKind.CLOCK_EXPIRY)))
            .group_by(t.clocks.c.kind)
        )
        async with self.db.read() as tx:
            return {row[0]: (row[1], row[2]) for row in await tx.rows(query)}


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def incidents_with_case() -> Select[Any]:
    return select(t.incidents, t.cases.c.number).outerjoin(t.cases, t.cases.c.id == t.incidents.c.case_id)


def incident_of(row: Any) -> IncidentRow:
    values = dict(zip(t.incidents.c.keys(), row, strict=False))
    incident = Incident(row.kind, row.fingerprint, row.detail, agency=row.agency, lane=row.lane)
    values["group_key"] = row.group_key or group_of(incident)  # the release before writes none
    return IncidentRow(**values, case_number=row[-1] or "")


def _task_of(row: Any) -> DeskTask:
    request = rows.request_of(row)
    try:
        task = load_json(row.content) if row.content else {}
    except ValueError:
        task = {}
    return DeskTask(
        request.id,
        request.case_id,
        row.number,
        request.agency,
        request.branch,
        request.operation,
        request.status,
        request.due_at,
        request.sent_at or request.released_at or request.created_at,
        task if isinstance(task, dict) else {"content": task},
    )
