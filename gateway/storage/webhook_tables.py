"""The tables of webhooks: who is told of what, how far each has been told, and every event on its way to each."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, Index, Table, UniqueConstraint

from gateway.storage.schema import (
    at_column,
    id_column,
    int_column,
    json_column,
    metadata,
    partial_index,
    position_column,
    text_column,
    uuid_column,
)

# ``feed_tx`` and ``feed_position`` are where the webhook stands in the feed of all events: what lies behind has its rows in
# ``webhook_deliveries``. ``secrets`` are numbers and times; the secrets themselves are derived and stand nowhere.
webhooks: Final = Table(
    "webhooks",
    metadata,
    id_column(),
    text_column("client"),
    text_column("url"),
    json_column("events"),
    at_column("created_at", null=False),
    at_column("updated_at", null=False),
    json_column("secrets"),
    text_column("service"),
    text_column("office"),
    text_column("description"),
    text_column("state"),
    text_column("reason"),
    int_column("version"),
    int_column("failures"),
    at_column("rests_until"),
    Column("feed_tx", BigInteger, nullable=False),
    Column("feed_position", BigInteger, nullable=False),
    Index("ix_webhooks_list", "created_at", "id"),
    partial_index("ix_webhooks_active", "state = 'active'", "id"),
)

# ``next_at`` is when a delivery is due; of a claimed one, when its claim ends. ``id`` follows from webhook and event.
webhook_deliveries: Final = Table(
    "webhook_deliveries",
    metadata,
    position_column(),
    uuid_column("id"),
    uuid_column("webhook_id"),
    uuid_column("case_id"),
    int_column("seq"),
    text_column("type"),
    text_column("state"),
    int_column("attempts"),
    int_column("failures"),
    at_column("next_at"),
    int_column("status"),
    text_column("error"),
    at_column("created_at", null=False),
    at_column("tried_at"),
    at_column("settled_at"),
    UniqueConstraint("id"),
    partial_index("ix_webhook_deliveries_due", "state IN ('pending', 'claimed')", "webhook_id", "next_at", "position"),
    partial_index("ix_webhook_deliveries_order", "state IN ('pending', 'claimed')", "webhook_id", "case_id", "seq"),
    Index("ix_webhook_deliveries_list", "webhook_id", "position"),
)
