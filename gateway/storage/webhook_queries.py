"""The queries of webhooks on their way, built once."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import BindParameter, Uuid, and_, bindparam, func, select, update

from gateway.storage import tables as t
from gateway.storage.columns import Instant, word
from gateway.storage.engine import Database
from gateway.storage.prepared import Prepared
from gateway.storage.webhook_tables import webhook_deliveries, webhooks
from gateway.storage.webhooks import OPEN, locked

_ACTIVE: Final = webhooks.c.state == word("active")


class Queries:
    """``locked``: the row of a webhook; ``under_way``: how many claims of it hold; ``claim``: what is due, up to ``room``;
    ``told``: the events of claimed ones; ``settling``: deliveries under lock; ``waiting``: when each webhook has something
    due; ``behind``: the place in the feed of the webhook that is furthest behind.
    """

    def __init__(self, db: Database) -> None:
        columns, events = webhook_deliveries.c, t.events.c
        hook: BindParameter[UUID] = bindparam("webhook", type_=Uuid())
        now: BindParameter[datetime] = bindparam("now", type_=Instant)
        mine = and_(columns.webhook_id == hook, columns.state.in_(OPEN))
        self.locked = Prepared(locked(webhooks.c.id == hook))
        claimed = and_(columns.webhook_id == hook, columns.state == word("claimed"), columns.next_at > now)
        self.under_way = Prepared(select(func.count()).where(claimed))
        earlier = webhook_deliveries.alias("earlier")
        before = select(earlier.c.position).where(
            earlier.c.webhook_id == columns.webhook_id,
            earlier.c.case_id == columns.case_id,
            earlier.c.state.in_(OPEN),
            earlier.c.seq < columns.seq,
        )
        due = select(columns.position).where(mine, columns.next_at <= now, ~before.exists())
        picked = due.order_by(columns.next_at, columns.position).limit(bindparam("room"))
        self.claim = Prepared(
            update(webhook_deliveries)
            .where(columns.position.in_(picked.scalar_subquery()))
            .values(state="claimed", attempts=columns.attempts + 1, next_at=bindparam("until", type_=Instant))
            .returning(columns.position, columns.id, columns.attempts)
        )
        same = and_(events.case_id == columns.case_id, events.seq == columns.seq)
        self.told = Prepared(
            select(columns.position, t.events).join(t.events, same).where(db.within(columns.position, "positions"))
        )
        self.settling = Prepared(
            select(webhook_deliveries).where(db.within(columns.id, "ids")).order_by(columns.position).with_for_update()
        )
        first = select(func.min(columns.next_at)).where(columns.webhook_id == webhooks.c.id, columns.state.in_(OPEN))
        self.waiting = Prepared(select(webhooks.c.id, webhooks.c.rests_until, first.scalar_subquery()).where(_ACTIVE))
        place = (webhooks.c.feed_tx, webhooks.c.feed_position)
        self.behind = Prepared(select(*place).where(_ACTIVE).order_by(*place).limit(1))
