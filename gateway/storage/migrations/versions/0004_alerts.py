"""Alerts: groups, silence windows, acknowledgements."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from gateway.storage.columns import Instant, Json

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def _partial(name: str, table: str, columns: list[str], where: str, *, unique: bool = False) -> None:
    condition = sa.text(where)
    op.create_index(name, table, columns, unique=unique, postgresql_where=condition, sqlite_where=condition)


def upgrade() -> None:
    """Add three tables; the previous release does not know them and tells each incident by itself, as it always did."""
    op.create_table(
        "alerts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("opened_at", Instant(), nullable=False),
        sa.Column("last_at", Instant(), nullable=False),
        sa.Column("agency", sa.Text(), nullable=False),
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("detail", Json(), nullable=False),
        sa.Column("cases", Json(), nullable=False),
        sa.Column("is_over", sa.Boolean(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("told_count", sa.Integer(), nullable=False),
        sa.Column("rung", sa.Integer(), nullable=False),
        sa.Column("told_to", Json(), nullable=False),
        sa.Column("first_told_at", Instant(), nullable=True),
        sa.Column("told_at", Instant(), nullable=True),
        sa.Column("over_since", Instant(), nullable=True),
        sa.Column("over_at", Instant(), nullable=True),
        sa.Column("acknowledged_at", Instant(), nullable=True),
        sa.Column("acknowledged_by", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("silence_id", sa.Uuid(), nullable=True),
        sa.Column("next_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alerts")),
    )
    op.create_index("ix_alerts_list", "alerts", ["opened_at", "id"])
    _partial("uq_alerts_open", "alerts", ["key"], "NOT is_over", unique=True)
    _partial("ix_alerts_next", "alerts", ["next_at"], "next_at IS NOT NULL")
    _partial("ix_alerts_held", "alerts", ["silence_id"], "silence_id IS NOT NULL")
    op.create_table(
        "alert_incidents",
        sa.Column("incident_id", sa.Uuid(), nullable=False),
        sa.Column("alert_id", sa.Uuid(), nullable=False),
        sa.Column("of_lane", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("incident_id", name=op.f("pk_alert_incidents")),
    )
    op.create_index("ix_alert_incidents_alert", "alert_incidents", ["alert_id", "of_lane"])
    op.create_table(
        "silences",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("starts_at", Instant(), nullable=False),
        sa.Column("ends_at", Instant(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("agency", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("ended_by", sa.Text(), nullable=False),
        sa.Column("summarised_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_silences")),
    )
    op.create_index("ix_silences_list", "silences", ["created_at", "id"])
    _partial("ix_silences_open", "silences", ["ends_at"], "summarised_at IS NULL")


def downgrade() -> None:
    """Take them away again. What was told stays in ``deliveries``."""
    for table in ("silences", "alert_incidents", "alerts"):
        op.drop_table(table)
