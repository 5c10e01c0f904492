"""Lists of cases, counts of them, and what operators look at first (``application/overview.py``)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import astuple
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, select

from gateway.application.overview import HOURS, MOST_COUNTED, Count, Group, Hour, Overview
from gateway.application.reads import CaseFilter, Page, Sort
from gateway.domain.case import Case, CaseOutcome, CaseStatus
from gateway.domain.errors import BadInput, Problem
from gateway.domain.incident import IncidentKind
from gateway.storage import rows
from gateway.storage import tables as t
from gateway.storage.base import Part
from gateway.storage.columns import word
from gateway.storage.conditions import UNDECIDED
from gateway.storage.cursors import bad_cursor, instant_cursor
from gateway.storage.engine import Tx
from gateway.storage.searching import Search, searching

_cases, _requests = t.cases.c, t.requests.c
_OPEN_STATUSES: Final = (CaseStatus.RECEIVED, CaseStatus.IN_PROGRESS, CaseStatus.AWAITING_APPLICANT)
_WORDS: Final[Mapping[Group, type[CaseStatus] | type[CaseOutcome]]] = {Group.STATUS: CaseStatus, Group.OUTCOME: CaseOutcome}
_HOUR: Final = timedelta(hours=1)


class CaseLists(Part):
    """Reading many cases."""

    async def cases(self, wanted: CaseFilter, after: str, limit: int, sort: Sort = Sort.RECEIVED) -> Page:
        place = _place(after, wanted, sort)
        async with searching(self.db) as tx:
            ids = await Search(tx, wanted, postgres=self.db.postgres).ids(sort, place, limit + 1)
            page = await self._cases_of(tx, ids[:limit])
        return Page(page, _cursor(page[-1], wanted, sort) if len(ids) > limit else "")

    async def case_counts(self, wanted: CaseFilter, by: Sequence[Group]) -> Mapping[Group, Mapping[str, Count]]:
        async with searching(self.db) as tx:
            if wanted == CaseFilter():
                return {group: await self._each_value(tx, group) for group in by}
            ids = await Search(tx, wanted, postgres=self.db.postgres).ids(Sort.RECEIVED, None, MOST_COUNTED + 1)
            return await self._among(tx, by, ids[:MOST_COUNTED], more=len(ids) > MOST_COUNTED)

    async def overview(self) -> Overview:
        due = and_(UNDECIDED, _cases.due_at.is_not(None))
        async with searching(self.db) as tx:
            now = await tx.now()
            until = {"overdue": now, "day": now + timedelta(days=1), "three": now + timedelta(days=3)}
            by_due = {name: select(_cases.id).where(due, _cases.due_at < at) for name, at in until.items()}
            by_due["day"] = by_due["day"].where(_cases.due_at >= now)
            by_due["three"] = by_due["three"].where(_cases.due_at >= now)
            soon = await _counted(tx, by_due)
            attention = await _counted(tx, {"": select(_cases.id).where(_cases.needs_attention)})
            open_ = await _counted(tx, {s.value: select(_cases.id).where(_cases.status == s) for s in _OPEN_STATUSES})
            kinds = {k.value: select(t.incidents.c.kind).where(_open_incident(k)) for k in IncidentKind}
            incidents = {kind: count for kind, count in (await _counted(tx, kinds)).items() if count.count}
            hours = await _hours(tx, now)
            oldest = await tx.rows(select(t.cases).where(UNDECIDED).order_by(_cases.id).limit(1))
        return Overview(
            at=now,
            incidents=incidents,
            attention=attention[""],
            overdue=soon["overdue"],
            due_in_1_day=soon["day"],
            due_in_3_days=soon["three"],
            open=open_,
            hours=hours,
            oldest=rows.case_of(oldest[0]) if oldest else None,
        )

    async def _cases_of(self, tx: Tx, ids: Sequence[UUID]) -> list[Case]:
        if not ids:
            return []
        found = await tx.rows(select(t.cases).where(self.db.within(_cases.id, "ids")), {"ids": list(ids)})
        by_id = {row.id: rows.case_of(row) for row in found}
        return [by_id[id_] for id_ in ids]

    async def _each_value(self, tx: Tx, group: Group) -> dict[str, Count]:
        column = _column(group)
        if group is Group.AGENCY:
            of_value = {v: select(_requests.case_id).where(column == v).distinct() for v in await _values(tx, column)}
        else:
            values = [v.value for v in _WORDS[group]] if group in _WORDS else await _values(tx, column)
            of_value = {v: select(_cases.id).where(column == v) for v in values}
        return {value: count for value, count in (await _counted(tx, of_value)).items() if count.count}

    async def _among(self, tx: Tx, by: Sequence[Group], ids: Sequence[UUID], *, more: bool) -> dict[Group, Mapping[str, Count]]:
        """Count these cases by each group, reading each case once."""
        found: dict[Group, dict[str, Count]] = {group: {} for group in by}
        own = [group for group in by if group is not Group.AGENCY]
        if ids and own:
            columns = [_column(group) for group in own]
            query = select(func.count(), *columns).where(self.db.within(_cases.id, "ids")).group_by(*columns)
            for count, *values in await tx.rows(query, {"ids": list(ids)}):
                for group, value in zip(own, values, strict=True):
                    if value:
                        before = found[group].get(value, Count(0)).count
                        found[group][value] = Count(before + count, more)
        if ids and Group.AGENCY in by:
            agency = _column(Group.AGENCY)
            query = select(agency, func.count(_requests.case_id.distinct())).where(self.db.within(_requests.case_id, "ids"))
            rows_ = await tx.rows(query.group_by(agency), {"ids": list(ids)})
            found[Group.AGENCY] = {value: Count(count, more) for value, count in rows_}
        return dict(found)


def _column(group: Group) -> ColumnElement[Any]:
    return _requests.agency if group is Group.AGENCY else _cases[group.value]


def _open_incident(kind: IncidentKind) -> ColumnElement[bool]:
    return and_(t.incidents.c.state == word("open"), t.incidents.c.kind == kind)


async def _counted(tx: Tx, queries: Mapping[str, Select[Any]]) -> dict[str, Count]:
    """Count what each query finds, up to ``MOST_COUNTED``, in one round trip."""
    if not queries:
        return {}
    counts = [select(func.count()).select_from(q.limit(MOST_COUNTED + 1).subquery()).scalar_subquery() for q in queries.values()]
    (found,) = await tx.rows(select(*(count.label(f"n{n}") for n, count in enumerate(counts))))
    return {name: Count(min(n, MOST_COUNTED), n > MOST_COUNTED) for name, n in zip(queries, found, strict=True)}


async def _values(tx: Tx, column: ColumnElement[Any]) -> list[str]:
    """Return the values of an indexed column, each by a step to the next one in the index."""
    first = select(func.min(column).label("value")).cte("steps", recursive=True)
    following = select(func.min(column)).where(column > first.c.value).scalar_subquery()
    steps = first.union_all(select(following).where(first.c.value.is_not(None)))
    return [row[0] for row in await tx.rows(select(steps.c.value).where(steps.c.value.is_not(None)))]


async def _hours(tx: Tx, now: datetime) -> list[Hour]:
    """Count by hour, each in the index of its own instant and no further than ``MOST_COUNTED``."""
    last = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    begins = [last - _HOUR * back for back in reversed(range(HOURS))]
    found = await _counted(
        tx,
        {
            f"{name} {at}": select(column).where(column >= at, column < at + _HOUR)
            for name, column in (("received", _cases.received_at), ("decided", _cases.decided_at))
            for at in begins
        },
    )
    return [Hour(at, found[f"received {at}"].count, found[f"decided {at}"].count) for at in begins]


def _bound(wanted: CaseFilter, sort: Sort) -> str:
    """What ties a cursor to its list: nobody goes on in another one unawares."""
    return hashlib.sha256(repr((sort.value, *astuple(wanted))).encode()).hexdigest()[:10]


def _cursor(last: Case, wanted: CaseFilter, sort: Sort) -> str:
    at = last.received_at if sort is Sort.RECEIVED or last.due_at is None else last.due_at
    # Spelt without a sign that an address would have to escape.
    return f"{at.astimezone(UTC).replace(tzinfo=None).isoformat()}Z~{last.id}~{_bound(wanted, sort)}"


def _place(cursor: str, wanted: CaseFilter, sort: Sort) -> tuple[datetime | None, UUID] | None:
    """Return the place that a cursor names. Raises ``BadInput`` when it is none, or another list's."""
    if not cursor:
        return None
    place, _, bound = cursor.rpartition("~")
    if "~" not in place:  # as the release before gave them, newest first and bound to nothing
        if sort is not Sort.RECEIVED:
            raise _other_list()
        return instant_cursor(cursor)
    at = instant_cursor(place)
    if not bound.isalnum():
        raise bad_cursor()
    if bound != _bound(wanted, sort):
        raise _other_list()
    return at


def _other_list() -> BadInput:
    message = "this cursor belongs to a list with another filter or order; send them as they were, or begin without a cursor"
    return BadInput([Problem("/after", "other_list", message)])
