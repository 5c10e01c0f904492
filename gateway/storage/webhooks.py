"""Webhooks as people see and change them: subscriptions, and the list of their deliveries."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, func, literal, select, tuple_, update

from gateway.application.reads import Page
from gateway.application.webhook_store import Change
from gateway.domain.errors import Conflict, NotFound
from gateway.domain.webhook import DeliveryState, SecretUse, Webhook, WebhookDelivery, WebhookState
from gateway.storage import bulk
from gateway.storage import tables as t
from gateway.storage.base import Part
from gateway.storage.columns import dump_json, word
from gateway.storage.cursors import bad_cursor, here, instant_cursor
from gateway.storage.engine import Tx
from gateway.storage.feed import END, HORIZON
from gateway.storage.webhook_tables import webhook_deliveries, webhooks

_COLUMNS: Final = tuple(webhooks.c.keys()[:-2])  # those of the record; the last two are storage's own
_DELIVERY: Final = tuple(webhook_deliveries.c.keys()[1:])
_CHANGED: Final = tuple(name for name in _COLUMNS if name not in {"id", "client", "created_at"})
_INSERT: Final = bulk.insert(webhooks, (*_COLUMNS, "feed_tx", "feed_position"))
_CHANGE: Final = bulk.update(webhooks, _CHANGED, {"id": "="})
CHANGE_DELIVERY: Final = bulk.update(
    webhook_deliveries,
    ("state", "attempts", "failures", "next_at", "status", "error", "tried_at", "settled_at"),
    {"id": "="},
)

#: What has come to its end without being taken.
_FAILED: Final = (word("exhausted"), word("skipped"))
OPEN: Final = (word("pending"), word("claimed"))


class Webhooks(Part):
    """See ``WebhookStore``."""

    async def add_webhook(self, webhook: Webhook, most: int) -> Webhook:
        async with self.db.write() as tx:
            mine = select(func.count()).where(webhooks.c.client == webhook.client, webhooks.c.state != word("removed"))
            count = (await tx.rows(mine))[0][0]
            if count >= most:
                raise Conflict("webhooks_full", f"{webhook.client} has {count} webhooks; remove one first")
            now = await tx.now()
            webhook.created_at = webhook.updated_at = now
            webhook.secrets = tuple(SecretUse(s.generation, now, s.retires_at) for s in webhook.secrets)
            await tx.bulk(_INSERT, [(*_row(webhook), *await self._end_of_feed(tx))])
        return webhook

    async def _end_of_feed(self, tx: Tx) -> tuple[int, int]:
        """Where a webhook begins: nothing that is committed from now on lies behind it."""
        if self.db.postgres:
            return (await tx.rows(select(HORIZON)))[0][0] - 1, END
        return 0, (await tx.rows(select(func.coalesce(func.max(t.events.c.position), 0))))[0][0]

    async def webhooks(self, client: str, after: str, limit: int) -> Page:
        columns = webhooks.c
        query = select(webhooks).where(columns.state != word("removed"))
        if client:
            query = query.where(columns.client == client)
        if after:
            at, id_ = instant_cursor(after)
            query = query.where(tuple_(columns.created_at, columns.id) < here(columns.created_at, at, columns.id, id_))
        query = query.order_by(columns.created_at.desc(), columns.id.desc()).limit(limit + 1)
        async with self.db.glance() as tx:
            found = await tx.rows(query)
        page = [webhook_of(row) for row in found[:limit]]
        return Page(page, f"{page[-1].created_at.isoformat()}~{page[-1].id}" if len(found) > limit else "")

    async def webhook(self, id_: UUID, client: str = "") -> Webhook:
        async with self.db.glance() as tx:
            return await _found(tx, id_, client)

    async def change_webhook(self, id_: UUID, client: str, change: Change) -> Webhook:
        async with self.db.write() as tx:
            webhook = await _found(tx, id_, client, lock=True)
            now = await tx.now()
            change(webhook, now)
            await save(tx, webhook)
            if webhook.state is WebhookState.REMOVED:
                columns = webhook_deliveries.c
                waiting = update(webhook_deliveries).where(columns.webhook_id == id_, columns.state.in_(OPEN))
                await tx.run(waiting.values(state="skipped", next_at=None, settled_at=now, error="the webhook was removed"))
        return webhook

    async def webhook_deliveries(self, id_: UUID, client: str, state: str, after: str, limit: int) -> Page:
        columns = webhook_deliveries.c
        query = select(webhook_deliveries).where(columns.webhook_id == id_).order_by(columns.position.desc()).limit(limit + 1)
        if state:
            query = query.where(columns.state == state)
        if after:
            query = query.where(columns.position < literal(_position(after), columns.position.type))
        async with self.db.read() as tx:
            await _found(tx, id_, client)
            found = await tx.rows(query)
        return Page([delivery_of(row) for row in found[:limit]], str(found[limit - 1].position) if len(found) > limit else "")

    async def resend_webhook(self, id_: UUID, client: str, delivery: UUID) -> WebhookDelivery:
        async with self.db.write() as tx:
            await _found(tx, id_, client, lock=True)
            columns = webhook_deliveries.c
            one = select(webhook_deliveries).where(columns.id == delivery, columns.webhook_id == id_).with_for_update()
            row = await tx.one(one)
            if row is None:
                raise NotFound("not_found", f"the webhook {id_} has no delivery {delivery}")
            now = await tx.now()
            if row.state == DeliveryState.CLAIMED and row.next_at > now:
                raise Conflict("delivery_under_way", f"the delivery {delivery} is under way; look at it again in a minute")
            again = {"state": "pending", "failures": 0, "next_at": now, "settled_at": None}
            await tx.run(update(webhook_deliveries).where(columns.id == delivery).values(**again))
            return delivery_of((await tx.rows(one))[0])

    async def recover_webhook(self, id_: UUID, client: str, since: datetime, most: int) -> int:
        async with self.db.write() as tx:
            webhook = await _found(tx, id_, client, lock=True)
            now = await tx.now()
            columns = webhook_deliveries.c
            tried = (columns.state == word("pending")) & (columns.attempts > 0) & (columns.next_at > now)
            failed = (
                select(columns.position)
                .where(columns.webhook_id == id_, columns.created_at >= since, columns.state.in_(_FAILED) | tried)
                .order_by(columns.position)
                .limit(most)
            )
            again = {"state": "pending", "failures": 0, "next_at": now, "settled_at": None}
            count = await tx.run(update(webhook_deliveries).where(columns.position.in_(failed.scalar_subquery())).values(**again))
            webhook.failures, webhook.rests_until = 0, None
            await save(tx, webhook)
        return count


async def _found(tx: Tx, id_: UUID, client: str, *, lock: bool = False) -> Webhook:
    query = select(webhooks).where(webhooks.c.id == id_, webhooks.c.state != word("removed"))
    if client:
        query = query.where(webhooks.c.client == client)
    row = await tx.one(query.with_for_update() if lock else query)
    if row is None:
        raise NotFound("not_found", f"there is no webhook {id_}")
    return webhook_of(row)


async def save(tx: Tx, webhook: Webhook) -> None:
    """Write a webhook that was loaded under lock."""
    values = dict(zip(_COLUMNS, _row(webhook), strict=True))
    await tx.bulk(_CHANGE, [(*(values[name] for name in _CHANGED), webhook.id)])


def locked(condition: ColumnElement[bool]) -> Any:
    """Return the query for webhooks under lock, in one order everywhere, so that no two transactions wait for each other."""
    return select(webhooks).where(condition).order_by(webhooks.c.id).with_for_update()


def webhook_of(row: Sequence[Any]) -> Webhook:
    """A row of ``webhooks`` as the record."""
    values = dict(zip(_COLUMNS, row, strict=False))
    values["events"] = tuple(values["events"])
    values["secrets"] = tuple(_secret_of(**one) for one in values["secrets"])
    values["state"] = WebhookState(values["state"])
    return Webhook(**values)


def delivery_of(row: Sequence[Any]) -> WebhookDelivery:
    """A row of ``webhook_deliveries`` as the record."""
    values = dict(zip(_DELIVERY, row[1:], strict=True))
    values["state"] = DeliveryState(values["state"])
    return WebhookDelivery(**values)


def delivery_change(d: WebhookDelivery) -> tuple[Any, ...]:
    """A loaded delivery, for ``CHANGE_DELIVERY``."""
    return d.state, d.attempts, d.failures, d.next_at, d.status, d.error, d.tried_at, d.settled_at, d.id


def _secret_of(generation: int, created_at: str, retires_at: str | None) -> SecretUse:
    ends = None if retires_at is None else datetime.fromisoformat(retires_at)
    return SecretUse(generation, datetime.fromisoformat(created_at), ends)


def _row(webhook: Webhook) -> tuple[Any, ...]:
    json: dict[str, Any] = {
        "events": list(webhook.events),
        "secrets": [
            {"generation": s.generation, "created_at": s.created_at, "retires_at": s.retires_at} for s in webhook.secrets
        ],
    }
    return tuple(dump_json(json[name]) if name in json else getattr(webhook, name) for name in _COLUMNS)


def _position(cursor: str) -> int:
    try:
        place = int(cursor)
    except ValueError as error:
        raise bad_cursor() from error
    if not 0 <= place < END:
        raise bad_cursor()
    return place


__all__: Sequence[str] = ("CHANGE_DELIVERY", "OPEN", "Webhooks", "delivery_change", "delivery_of", "locked", "save", "webhook_of")
