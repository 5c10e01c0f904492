"""Which cases meet a filter, in the order of a list, in a time that does not depend on how rare or how common they are.

A case's id is a UUIDv7 made at its receipt, so "newest first" is the order of the ids, and every index of a condition ends
with the id (``conditions.py``). On PostgreSQL a filter of several conditions is answered in one of two ways:

* one of them is met by few cases (``_FEW``): these are taken one by one, and each is looked for in the indexes of the others;
* all are met by many: their indexes are *merged*. Each gives its ids in order, and what all give is the answer. No row of
  a case is read for it, it ends with the page, and two conditions that never meet cost one pass over both indexes,
  which together cannot be longer than all cases there are.

"Least time remaining first" walks the index of due dates while it finds enough on its way; where it does not, the merge
gives all that are undecided with their due dates, and the nearest are picked. On SQLite, which serves one process, the
planner is left to itself.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Select, Uuid, any_, exists, func, literal, select, tuple_

from gateway.application.reads import CaseFilter, Sort
from gateway.domain.case import CaseStatus
from gateway.storage import tables as t
from gateway.storage.conditions import UNDECIDED, Condition, conditions
from gateway.storage.cursors import here
from gateway.storage.engine import Database, Tx

#: So many cases are taken one by one within some 50 ms.
_FEW: Final = 20_000
#: The same where the merge would have to sort, too.
_FEW_DUE: Final = 50_000
#: So far the index of due dates is walked before the merge is asked.
_WALK: Final = 5_000
#: What a merge finds is tested by what no index names, so many at a time.
_CHUNK: Final = 500
_ENDED: Final = (CaseStatus.DECIDED, CaseStatus.CLOSED, CaseStatus.WITHDRAWN)
_cases = t.cases.c


def _session(**settings: str) -> Select[Any]:
    return select(*(func.set_config(name, value, literal(value=True)) for name, value in settings.items()))


#: For this transaction: each value is planned for, the rare and the common one alike (a plan made for the one would be kept
#: for the other), and the index that answers is not shunned for the pages that it jumps to: what is looked for is in memory.
_PLAN_EACH: Final = _session(
    plan_cache_mode="force_custom_plan", random_page_cost="1.1", enable_mergejoin="off", enable_nestloop="on", enable_sort="on"
)
_MERGE: Final = _session(enable_mergejoin="on", enable_nestloop="off", enable_hashagg="off", enable_sort="off")
_NO_MERGE: Final = _session(enable_mergejoin="off", enable_nestloop="on", enable_hashagg="on", enable_sort="on")


class Search:
    """One search in one transaction. ``after`` is the place of the last case known: its id, or its due date and id."""

    def __init__(self, tx: Tx, wanted: CaseFilter, *, postgres: bool) -> None:
        self._tx = tx
        self._postgres = postgres
        self._conditions = conditions(wanted)
        self._due_before = wanted.due_before
        self._ended = wanted.status in _ENDED

    async def ids(self, sort: Sort, after: tuple[datetime | None, UUID] | None, limit: int) -> list[UUID]:
        """Return the first ``limit`` ids behind ``after``, in order."""
        if self._ended and (sort is Sort.DUE or self._due_before is not None):
            return []  # time runs on none of them
        if not self._postgres:
            return await self._all_at_once(self._placed(sort, after), sort, limit)
        if sort is Sort.DUE:
            return await self._by_due(after, limit)
        return await self._by_receipt(after[1] if after else None, limit)

    async def _by_receipt(self, after: UUID | None, limit: int) -> list[UUID]:
        known = [c for c in self._conditions if c.ids is not None]
        tests = [c.on_case for c in self._conditions if c.ids is None]
        if not known and not tests:
            return await self._one(Condition(literal(value=True), select(_cases.id), _cases.id), after, limit)
        few = next((c for c in known if c.few), None)
        if few is not None:
            place = [] if after is None else [_cases.id < after]
            return await self._handful(few, place, Sort.RECEIVED, limit)
        if len(known) == 1 and not tests:
            return await self._one(known[0], after, limit)
        few = await self._few(known, after)
        if few is not None:
            return await self._one_by_one(few, after, limit)
        if not known:
            return await self._all_at_once([] if after is None else [_cases.id < after], Sort.RECEIVED, limit)
        return await self._merged(known, tests, after, limit)

    async def _by_due(self, after: tuple[datetime | None, UUID] | None, limit: int) -> list[UUID]:
        place = self._placed(Sort.DUE, after)
        others = [c for c in self._conditions if c.ids is not None and not self._is_due(c)]
        if not self._conditions or (len(self._conditions) == 1 and self._due_before is not None):
            return await self._all_at_once(place, Sort.DUE, limit)
        few = next((c for c in others if c.few), None) or await self._few(others, None)
        if few is not None:
            return await self._handful(few, place, Sort.DUE, limit)
        found = await self._walk(place, limit)
        if found is not None or not others:
            return found if found is not None else await self._all_at_once(place, Sort.DUE, limit)
        return await self._merged_by_due(others, place, limit)

    def _is_due(self, condition: Condition) -> bool:
        return self._due_before is not None and condition is self._conditions[-1]

    def _placed(self, sort: Sort, after: tuple[datetime | None, UUID] | None) -> list[ColumnElement[bool]]:
        if sort is Sort.RECEIVED:
            return [] if after is None else [_cases.id < after[1]]
        place: list[ColumnElement[bool]] = [UNDECIDED, _cases.due_at.is_not(None)]
        if after is not None:
            place.append(tuple_(_cases.due_at, _cases.id) > here(_cases.due_at, after[0], _cases.id, after[1]))
        return place

    async def _all_at_once(self, place: Sequence[ColumnElement[bool]], sort: Sort, limit: int) -> list[UUID]:
        """The whole filter as tests on each case: for the planner to answer."""
        query = select(_cases.id).where(*place, *(c.on_case for c in self._conditions))
        return await self._found(query.order_by(*_order(sort)).limit(limit))

    async def _one(self, condition: Condition, after: UUID | None, limit: int) -> list[UUID]:
        query = _ids(condition, after).order_by(condition.id.desc()).limit(limit)
        return await self._found(query)

    async def _few(self, known: Sequence[Condition], after: UUID | None) -> Condition | None:
        """Return the condition that the fewest cases meet, if they are few."""
        if not known:
            return None
        counts = [
            select(func.count()).select_from(_ids(c, after).limit(_FEW).subquery()).scalar_subquery().label(f"n{n}")
            for n, c in enumerate(known)
        ]
        (found,) = await self._tx.rows(select(*counts))
        least, place = min((count, place) for place, count in enumerate(found))
        return known[place] if least < _FEW else None

    async def _handful(self, few: Condition, place: Sequence[ColumnElement[bool]], sort: Sort, limit: int) -> list[UUID]:
        """Take all that meet one condition, test each, and put what is left in order."""
        # As an array it is read first and once: no planner can look for the others first.
        taken = func.array(_ids(few, None).scalar_subquery(), type_=ARRAY(Uuid()))
        tests = [c.on_case for c in self._conditions if c is not few]
        query = select(_cases.id).where(_cases.id == any_(taken), *place, *tests)
        return await self._found(query.order_by(*_order(sort)).limit(limit))

    async def _one_by_one(self, few: Condition, after: UUID | None, limit: int) -> list[UUID]:
        taken = _ids(few, after).order_by(few.id.desc()).subquery("taken")
        query = select(taken.c.id).where(*(_stands_in(c, taken.c.id) for c in self._conditions if c is not few))
        return await self._found(query.order_by(taken.c.id.desc()).limit(limit))

    async def _walk(self, place: Sequence[ColumnElement[bool]], limit: int) -> list[UUID] | None:
        """Return what lies on the first stretch of the due dates: ``None`` when that is no full page and not all there is."""
        limits = [] if self._due_before is None else [_cases.due_at < self._due_before]
        stretch = (
            select(_cases.id, _cases.due_at).where(*place, *limits).order_by(*_order(Sort.DUE)).limit(_WALK).subquery("walk")
        )
        tests = [c.on_case for c in self._conditions if not self._is_due(c)]
        query = select(_cases.id).join(stretch, stretch.c.id == _cases.id).where(*tests)
        found = await self._found(query.order_by(stretch.c.due_at, stretch.c.id).limit(limit))
        if len(found) == limit:
            return found
        ((walked,),) = await self._tx.rows(select(func.count()).select_from(stretch))
        return found if walked < _WALK else None

    async def _merged(
        self, known: Sequence[Condition], tests: Sequence[ColumnElement[bool]], after: UUID | None, limit: int
    ) -> list[UUID]:
        found: list[UUID] = []
        while True:
            chunk = await self._merge(known, after, max(limit, _CHUNK) if tests else limit)
            if not tests:
                return chunk
            meet = select(_cases.id).where(_cases.id.in_(chunk), *tests).order_by(_cases.id.desc()) if chunk else None
            found += await self._found(meet) if meet is not None else []
            if len(found) >= limit or len(chunk) < max(limit, _CHUNK):
                return found[:limit]
            after = chunk[-1]

    async def _merge(self, known: Sequence[Condition], after: UUID | None, limit: int) -> list[UUID]:
        if len(known) == 1:
            return await self._one(known[0], after, limit)
        # Each says its order by itself: what has to leave out doubles would else be read from the other end, all of it.
        first, *others = (_ids(c, after).order_by(c.id.desc()).subquery(f"s{n}") for n, c in enumerate(known))
        query = select(first.c.id).select_from(first)
        for other in others:
            query = query.join(other, other.c.id == first.c.id)
        return await self._settled(query.order_by(first.c.id.desc()).limit(limit))

    async def _merged_by_due(self, known: Sequence[Condition], place: Sequence[ColumnElement[bool]], limit: int) -> list[UUID]:
        limits = [] if self._due_before is None else [_cases.due_at < self._due_before]
        open_ = select(_cases.id, _cases.due_at).where(*place, *limits)
        ((count,),) = await self._tx.rows(select(func.count()).select_from(open_.limit(_FEW_DUE).subquery()))
        undecided = open_.subquery("undecided")
        tests = [_stands_in(c, undecided.c.id) for c in self._conditions if c.ids is None]
        query = select(undecided.c.id)
        if count < _FEW_DUE:
            query = query.where(*(_stands_in(c, undecided.c.id) for c in known), *tests)
            return await self._found(query.order_by(undecided.c.due_at, undecided.c.id).limit(limit))
        query = query.select_from(undecided).where(*tests)
        for n, condition in enumerate(known):
            other = _ids(condition, None).subquery(f"s{n}")
            query = query.join(other, other.c.id == undecided.c.id)
        return await self._settled(query.order_by(undecided.c.due_at, undecided.c.id).limit(limit))

    async def _settled(self, query: Select[Any]) -> list[UUID]:
        await self._tx.rows(_MERGE)
        found = await self._found(query)
        await self._tx.rows(_NO_MERGE)
        return found

    async def _found(self, query: Select[Any]) -> list[UUID]:
        return [row[0] for row in await self._tx.rows(query)]


@asynccontextmanager
async def searching(db: Database) -> AsyncIterator[Tx]:
    """A transaction to search in: one snapshot, and plans for what is looked for."""
    async with db.read() as tx:
        if db.postgres:
            await tx.rows(_PLAN_EACH)
        yield tx


def _order(sort: Sort) -> tuple[ColumnElement[Any], ...]:
    return (_cases.due_at, _cases.id) if sort is Sort.DUE else (_cases.id.desc(),)


def _stands_in(condition: Condition, id_: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether the case is one of those that meet the condition: one look into its index, or at the case where it has none."""
    ids = select(_cases.id).where(condition.on_case) if condition.ids is None else condition.ids
    # OFFSET keeps the planner from joining it, and so from choosing what comes first.
    return exists(ids.where(condition.id == id_).offset(0))


def _ids(condition: Condition, after: UUID | None) -> Select[Any]:
    if condition.ids is None:
        raise ValueError("no index names the cases of this condition")
    return condition.ids if after is None else condition.ids.where(condition.id < after)


__all__ = ["Search", "searching"]
