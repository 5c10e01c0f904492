"""What happened to a clock (suspensions, extensions), and when a person has to take over before its end.

The columns may be empty: a process of the release before writes clocks without them.
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from gateway.storage.columns import Instant, Json

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Add what this version needs."""
    with op.batch_alter_table("clocks", schema=None) as batch_op:
        batch_op.add_column(sa.Column("escalate_at", Instant(), nullable=True))
        batch_op.add_column(sa.Column("events", Json(), nullable=True))
        batch_op.add_column(sa.Column("lapses_at", Instant(), nullable=True))


def downgrade() -> None:
    """Take it away again."""
    with op.batch_alter_table("clocks", schema=None) as batch_op:
        batch_op.drop_column("lapses_at")
        batch_op.drop_column("events")
        batch_op.drop_column("escalate_at")
