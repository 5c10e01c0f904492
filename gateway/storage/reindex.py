"""The blind index for cases that were taken in without it: by an earlier release, or under an earlier secret."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select

from gateway.application.identifiers import Entry
from gateway.storage import bulk
from gateway.storage import tables as t
from gateway.storage.base import Part
from gateway.storage.search_tables import search_identifiers, search_progress

_ADD: Final = bulk.insert(search_identifiers, search_identifiers.c.keys(), on_conflict="(hash, case_id, role) DO NOTHING")
_REACHED: Final = bulk.insert(
    search_progress, search_progress.c.keys(), on_conflict="(key) DO UPDATE SET case_id = excluded.case_id"
)
#: A process of the release before may still commit cases that are older than the last one reached: these are looked at again.
OVERLAP: Final = timedelta(hours=1)
_FIRST: Final = UUID(int=0)
Entries = Callable[[Mapping[str, Any]], Sequence[Entry]]


class Reindex(Part):
    """Adding to the index, in the order of the cases' ids, in one transaction a step, so that it can end at any moment."""

    async def index_from(self, key: str) -> UUID:
        """Return where indexing with this key goes on: a little before the last case reached, or at the first."""
        async with self.db.glance() as tx:
            row = await tx.one(select(search_progress.c.case_id).where(search_progress.c.key == key))
        return _FIRST if row is None else _earlier(row.case_id)

    async def index_step(self, key: str, after: UUID, limit: int, entries: Entries) -> tuple[UUID, int] | None:
        """Index the next cases behind ``after``; return the last of them and how many, ``None`` when there are none.

        What is indexed already stays as it is. ``entries`` makes the entries of an application.
        """
        cases = t.cases.c
        query = select(cases.id, cases.envelope).where(cases.id > after).order_by(cases.id).limit(limit)
        async with self.db.write() as tx:
            found = await tx.rows(query)
            if not found:
                return None
            made = {(e.hash, row.id, e.role, e.key) for row in found for e in entries(row.envelope)}
            await tx.bulk(_ADD, sorted(made, key=lambda row: (row[0], row[1].bytes, row[2])))
            await tx.bulk(_REACHED, [(key, found[-1].id)])
        return found[-1].id, len(found)


def _earlier(case_id: UUID) -> UUID:
    """Return the first UUIDv7 of the moment that lies ``OVERLAP`` before this one's."""
    millis = max(0, (case_id.int >> 80) - int(OVERLAP.total_seconds() * 1000))
    return UUID(int=millis << 80)
