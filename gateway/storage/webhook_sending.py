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

from sqlalchemy import Select, and_, func, select, tuple_, update

from gateway.application.webhook_store import Outgoing, Settle, Tried
from gateway.domain.webhook import DeliveryState, Webhook, WebhookDelivery, WebhookState, delivery_id
from gateway.storage import bulk, rows, statements
from gateway.storage import tables as t
from gateway.storage.columns import word
from gateway.storage.cursors import here
from gateway.storage.engine import Tx
from gateway.storage.feed import HORIZON
from gateway.storage.incidents import Opening, open_incidents
from gateway.storage.webhook_tables import webhook_deliveries, webhooks
from gateway.storage.webhooks import CHANGE_DELIVERY, OPEN, Webhooks, delivery_change, delivery_of, locked, save, webhook_of

_INSERT: Final = bulk.insert(webhook_deliveries, webhook_deliveries.c.keys()[1:], on_conflict="(id) DO NOTHING")
_ACTIVE: Final = webhooks.c.state == word("active")


Place = tuple[int, int]


class WebhookSending(Webhooks):
    """See ``WebhookStore``."""

    async def has_webhooks(self) -> bool:
        async with self.db.glance() as tx:
            return await tx.one(select(webhooks.c.id).where(_ACTIVE).limit(1)) is not None

    async def tell_webhooks(self, most: int) -> int:
        async with self.db.read() as tx:  # without a lock: most looks find nothing
            places = {(row.feed_tx, row.feed_position) for row in await tx.rows(_places())}
            if not any([await tx.rows(self._beyond(place, None).limit(1)) for place in places]):
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
        columns = webhook_deliveries.c
        first = select(func.min(columns.next_at)).where(columns.webhook_id == webhooks.c.id, columns.state.in_(OPEN))
        query = select(webhooks.c.id, webhooks.c.rests_until, first.scalar_subquery().label("first")).where(_ACTIVE)
        async with self.db.glance() as tx:
            found = await tx.rows(query)
        return [(row.id, max(row.first, row.rests_until or row.first)) for row in found if row.first is not None]

    async def claim_webhook(self, id_: UUID, lease_secs: float) -> tuple[Webhook, Sequence[Outgoing]]:
        async with self.db.write() as tx:
            row = await tx.one(locked(webhooks.c.id == id_))
            if row is None:
                raise LookupError(f"the webhook {id_} is not there although webhooks are never deleted")
            webhook, now = webhook_of(row), await tx.now()
            if webhook.state is not WebhookState.ACTIVE or (webhook.rests_until is not None and webhook.rests_until > now):
                return webhook, ()
            columns = webhook_deliveries.c
            mine = and_(columns.webhook_id == id_, columns.state.in_(OPEN))
            under_way = select(func.count()).where(mine, columns.state == word("claimed"), columns.next_at > now)
            room = webhook.at_once - (await tx.rows(under_way))[0][0]
            if room <= 0:
                return webhook, ()
            earlier = webhook_deliveries.alias("earlier")
            before = select(earlier.c.position).where(
                earlier.c.webhook_id == id_,
                earlier.c.case_id == columns.case_id,
                earlier.c.state.in_(OPEN),
                earlier.c.seq < columns.seq,
            )
            due = select(columns.position).where(mine, columns.next_at <= now, ~before.exists())
            picked = due.order_by(columns.next_at, columns.position).limit(room)
            claim = (
                update(webhook_deliveries)
                .where(columns.position.in_(picked.scalar_subquery()))
                .values(state="claimed", attempts=columns.attempts + 1, next_at=now + timedelta(seconds=lease_secs))
                .returning(columns.position, columns.id, columns.attempts, columns.case_id, columns.seq)
            )
            claimed = sorted(await tx.rows(claim), key=lambda one: one.position)
            told = await self._outgoing(tx, [one.position for one in claimed])
        return webhook, [Outgoing(one.id, one.attempts, told[one.position]) for one in claimed]

    async def _outgoing(self, tx: Tx, positions: list[int]) -> dict[int, Any]:
        if not positions:
            return {}
        columns, events = webhook_deliveries.c, t.events.c
        same = and_(events.case_id == columns.case_id, events.seq == columns.seq)
        query = select(columns.position, t.events).join(t.events, same).where(columns.position.in_(positions))
        return {row[0]: rows.event_of(row[1:]) for row in await tx.rows(query)}

    async def settle_webhook(self, id_: UUID, tries: Sequence[Tried], settle: Settle) -> list[WebhookDelivery]:
        by_id = {one.delivery.id: one for one in tries}
        async with self.db.write() as tx:
            webhook = webhook_of(await tx.one(locked(webhooks.c.id == id_)))
            now = await tx.now()
            query = select(webhook_deliveries).where(webhook_deliveries.c.id.in_(list(by_id))).with_for_update()
            settled, openings = [], []
            for row in await tx.rows(query.order_by(webhook_deliveries.c.position)):
                delivery, tried = delivery_of(row), by_id[row.id]
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


def _places() -> Select[Any]:
    return select(webhooks.c.feed_tx, webhooks.c.feed_position).where(_ACTIVE).distinct()


def _place_of(row: Any) -> Place:
    return row.feed_tx, row.feed_position


def _last(events: Sequence[Any]) -> Place:
    return events[-1].tx, events[-1].position
