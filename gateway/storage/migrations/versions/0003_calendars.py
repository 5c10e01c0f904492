"""Calendars as operators amend them, version by version; and which clocks in flight were derived with which."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from gateway.storage.columns import Instant, Json

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_IN_FLIGHT = sa.text("state IN ('not_started', 'running', 'suspended')")


def upgrade() -> None:
    """Add what this version needs."""
    op.create_table(
        "calendar_versions",
        sa.Column("calendar", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("made_at", Instant(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("decree", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("content", Json(), nullable=False),
        sa.PrimaryKeyConstraint("calendar", "number", name=op.f("pk_calendar_versions")),
        sa.UniqueConstraint("calendar", "version", name=op.f("uq_calendar_versions_calendar")),
    )
    with op.batch_alter_table("clocks", schema=None) as batch_op:
        batch_op.create_index(
            "ix_clocks_calendar",
            ["calendar", "calendar_version", "due_at"],
            unique=False,
            postgresql_where=_IN_FLIGHT,
            sqlite_where=_IN_FLIGHT,
        )


def downgrade() -> None:
    """Take it away again."""
    with op.batch_alter_table("clocks", schema=None) as batch_op:
        batch_op.drop_index("ix_clocks_calendar")
    op.drop_table("calendar_versions")
