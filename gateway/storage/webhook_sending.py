"""Webhooks on their way: events become deliveries, these are claimed and settled.

An event is not written to a second place when it happens. Each webhook stands at a place in the feed of all events and is
moved on in the transaction that makes its deliveries, so that each event gets exactly one, and the way of an application costs
nothing more with webhooks than without. The feed ends below the oldest open transaction: none can appear behind that place.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, select, tuple_, update

from gateway.application.webhook_store import Outgoing, Settle, Tried
from gateway.domain.case_file import Mint
from gateway.domain.webhook import DeliveryState, Webhook, WebhookDelivery, WebhookState, delivery_id
from gateway.storage import bulk, rows, statements
from gateway.storage import tables as t
from gateway.storage.columns import word
from gateway.storage.cursors import here
from gateway.storage.engine import Database, Tx
from gateway.storage.feed import HORIZON
from gateway.storage.incidents import Opening, open_incidents
from gateway.storage.webhook_queries import Queries
from gateway.storage.webhook_tables import webhook_deliveries, webhooks
from gateway.storage.webhooks import CHANGE_DELIVERY, Webhooks, delivery_change, delivery_of, locked, save, webhook_of

_INSERT: Final = bulk.insert(webhook_deliveries, webhook_deliveries.c.keys()[1:], on_conflict="(id) DO NOTHING")
_ACTIVE: Final = webhooks.c.state == word("active")


Place = tuple[int, int]


class WebhookSending(Webhooks):
    """See ``WebhookStore``."""

    def __init__(self, db: Database, mint: Mint) -> None:
        super().__init__(db, mint)
        self._queries = Queries(db)

    async def has_webhooks(self) -> bool:
        async with self.db.glance() as tx:
            return bool(await tx.fetch(self._queries.behind, {}))

    async def tell_webhooks(self, most: int) -> int:
        async with self.db.read() as tx:  # without a lock: most looks find nothing
            last = await tx.fetch(self._queries.behind, {})
            if not last or not await tx.rows(self._beyond(last[0], None).limit(1)):
                return 0
        async with self.db.write() as tx:
            now = await tx.now()
            found = sorted(await tx.rows(locked(_ACTIVE)), key=_place_of)
            # Who is furthest goes first. Who was away catches up beside the others, and joins them once it is where they are.
            looked, bound = 0, None
            for place, group in groupby(reversed(found), key=_place_of):
                count, bound = await self._tell(tx, place, [webhook_of(row) for row in group], bound, most, now)
                looked += count
            return looked

    async def _tell(
        self, tx: Tx, place: Place, hooks: Sequence[Webhook], bound: Place | None, most: int, now: datetime
    ) -> tuple[int, Place]:
        """Move webhooks on that stand at one place, no further than ``bound``; return how many events that were, and to where."""
        events = await tx.rows(self._beyond(place, bound).limit(most))
        made = [
            (delivery_id(hook.id, event.id), hook.id, event.case_id, event.seq, event.type)
            for event in events
            for hook in hooks
            if hook.client == event.client and hook.wants(event.type, event.service, event.office)
        ]
        await tx.bulk(_INSERT, [(*one, "pending", 0, 0, now, 0, "", now, None, None) for one in made])
        end = place if not events else _last(events)
        if bound is not None and len(events) < most:
            end = bound
        if end != place:
            moved = update(webhooks).where(webhooks.c.id.in_([hook.id for hook in hooks]))
            await tx.run(moved.values(feed_tx=end[0], feed_position=end[1]))
        return len(events), end

    def _beyond(self, place: Place, bound: Place | None) -> Select[Any]:
        events, cases = t.events.c, t.cases.c
        columns = (events.tx, events.position, events.id, events.case_id, events.seq, events.type)
        at = tuple_(events.tx, events.position)
        query = (
            select(*columns, cases.client, cases.service, cases.office)
            .join(t.cases, cases.id == events.case_id)
            .where(at > here(events.tx, place[0], events.position, place[1]))
            .order_by(events.tx, events.position)
        )
        if bound is not None:
            query = query.where(at <= here(events.tx, bound[0], events.position, bound[1]))
        return query.where(events.tx < HORIZON) if self.db.postgres else query

    async def waiting_webhooks(self) -> list[tuple[UUID, datetime]]:
        async with self.db.glance() as tx:
            found = await tx.fetch(self._queries.waiting, {})
        return [(id_, max(first, rests_until or first)) for id_, rests_until, first in found if first is not None]

    async def claim_webhook(self, id_: UUID, lease_secs: float) -> tuple[Webhook, Sequence[Outgoing]]:
        async with self.db.write() as tx:
            webhook, now = await self._held(tx, id_), await tx.now()
            if webhook.state is not WebhookState.ACTIVE or (webhook.rests_until is not None and webhook.rests_until > now):
                return webhook, ()
            room = webhook.at_once - (await tx.fetch(self._queries.under_way, {"webhook": id_, "now": now}))[0][0]
            if room <= 0:
                return webhook, ()
            until = now + timedelta(seconds=lease_secs)
            claimed = sorted(await tx.fetch(self._queries.claim, {"webhook": id_, "now": now, "room": room, "until": until}))
            if not claimed:
                return webhook, ()
            told = await tx.fetch(self._queries.told, {"positions": [row[0] for row in claimed]})
        events = {row[0]: rows.event_of(row[1:]) for row in told}
        return webhook, [Outgoing(delivery, attempts, events[position]) for position, delivery, attempts in claimed]

    async def _held(self, tx: Tx, id_: UUID) -> Webhook:
        found = await tx.fetch(self._queries.locked, {"webhook": id_})
        if not found:
            raise LookupError(f"the webhook {id_} is not there although webhooks are never deleted")
        return webhook_of(found[0])

    async def settle_webhook(self, id_: UUID, tries: Sequence[Tried], settle: Settle) -> list[WebhookDelivery]:
        by_id = {one.delivery.id: one for one in tries}
        async with self.db.write() as tx:
            webhook, now = await self._held(tx, id_), await tx.now()
            settled, openings = [], []
            for row in await tx.fetch(self._queries.settling, {"ids": list(by_id)}):
                delivery = delivery_of(row)
                tried = by_id[delivery.id]
                ours = delivery.state is DeliveryState.CLAIMED and delivery.attempts == tried.delivery.number
                if not ours and (not tried.told.taken or delivery.state is DeliveryState.DELIVERED):
                    continue  # the claim had ended, and another goes on with it
                incidents = settle(webhook, delivery, tried.told, now, self.mint.jitter())
                openings += [Opening(incident, now) for incident in incidents]
                settled.append(delivery)
            await tx.bulk(CHANGE_DELIVERY, [delivery_change(delivery) for delivery in settled])
            await save(tx, webhook)
            if openings:
                await tx.bulk(statements.INSERT_DELIVERY, await open_incidents(tx, openings, self.mint))
        return settled


def _place_of(row: Any) -> Place:
    return row.feed_tx, row.feed_position


def _last(events: Sequence[Any]) -> Place:
    return events[-1].tx, events[-1].position
