"""What the timeline of a case reads beside events and attempts: callbacks, and the bytes that were made to be sent."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select

from gateway.application.timeline import KeptCallback
from gateway.domain.case_file import StoredMessage
from gateway.domain.request import Work
from gateway.storage import rows
from gateway.storage import tables as t
from gateway.storage.base import Part


class TimelineReading(Part):
    """Implements ``TimelineReads``: by primary keys alone, so that no other table pays for it with an index."""

    async def callbacks_by_id(self, ids: Sequence[UUID]) -> list[KeptCallback]:
        if not ids:
            return []
        query = select(t.inbox).where(t.inbox.c.id.in_(list(ids))).order_by(t.inbox.c.received_at, t.inbox.c.id)
        async with self.db.glance() as tx:
            return [KeptCallback(rows.inbox_item_of(row), row.state, row.settled_at) for row in await tx.rows(query)]

    async def messages_of(self, request_ids: Sequence[UUID]) -> list[StoredMessage]:
        if not request_ids:
            return []
        messages = t.messages.c
        query = select(t.messages).where(messages.request_id.in_(list(request_ids))).order_by(messages.request_id)
        async with self.db.glance() as tx:
            found = await tx.rows(query)
        return [StoredMessage(row.request_id, Work(row.purpose), row.content, row.meta) for row in found]
