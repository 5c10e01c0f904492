"""The feed of all events, each with its place and its case: what the hub reads (``application/feed.py``)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, literal_column, select, tuple_

from gateway.application.feed import About, FeedItem, cursor_of, place_of
from gateway.storage import rows
from gateway.storage import tables as t
from gateway.storage.base import Part
from gateway.storage.cursors import here
from gateway.storage.prepared import Prepared

#: Below this no transaction is open any more: what has a lower id is committed or gone. It is the whole server's: a long
#: transaction in another of its databases delays the feed (and loses nothing).
HORIZON: Final[ColumnElement[int]] = literal_column("pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
#: A position that lies behind every event of its transaction.
END: Final = 2**63 - 1
_WIDTH: Final = len(t.events.c)
_events, _cases = t.events.c, t.cases.c
_ABOUT: Final = (
    *(_cases.client, _cases.service, _cases.office, _cases.channel, _cases.reference),
    *(_cases.status, _cases.outcome, _cases.needs_attention),
)


class Feed(Part):
    """The feed with the cases of its events."""

    async def feed_end(self) -> str:
        query = select(_events.tx, _events.position).order_by(_events.tx.desc(), _events.position.desc()).limit(1)
        if self.db.postgres:
            query = query.where(_events.tx < HORIZON)
        async with self.db.glance() as tx:
            row = await tx.one(query)
        return cursor_of((0, 0) if row is None else (row.tx, row.position))

    async def feed(self, after: str, limit: int, *, client: str = "", agencies: bool = False) -> Sequence[FeedItem]:
        tx_id, position = place_of(after)
        query = select(t.events, *_ABOUT).join(t.cases, _cases.id == _events.case_id)
        query = query.where(tuple_(_events.tx, _events.position) > here(_events.tx, tx_id, _events.position, position))
        if self.db.postgres:
            query = query.where(_events.tx < HORIZON)
        if client:
            query = query.where(_cases.client == client)
        async with self.db.glance() as tx:
            found = await tx.rows(query.order_by(_events.tx, _events.position).limit(limit))
            with_whom: dict[Any, set[str]] = {}
            if agencies and found:
                for case_id, agency in await tx.fetch(self._agencies(), {"ids": list({row.case_id for row in found})}):
                    with_whom.setdefault(case_id, set()).add(agency)
        return [_item(row, frozenset(with_whom.get(row.case_id, ()))) for row in found]

    def _agencies(self) -> Prepared:
        requests = t.requests.c
        return Prepared(select(requests.case_id, requests.agency).where(self.db.within(requests.case_id, "ids")))


def _item(row: Any, agencies: frozenset[str]) -> FeedItem:
    client, service, office, channel, reference, status, outcome, needs_attention = row[_WIDTH:]
    about = About(client, service, office, channel, reference, status, outcome or "", needs_attention, agencies)
    return FeedItem(rows.event_of(row), (row.tx, row.position), about)
