"""An index of the acts of people among all events. What the gateway itself does, and each receipt, never enters it."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0011"
down_revision: str | None = "0010"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_BY_PEOPLE = (
    "substr(actor, 1, 9) = 'operator:' OR substr(actor, 1, 6) = 'clerk:'"
    " OR (substr(actor, 1, 7) = 'client:' AND type <> 'case.received')"
)


def upgrade() -> None:
    """Add the index."""
    condition = sa.text(_BY_PEOPLE)
    op.create_index(
        "ix_events_people",
        "events",
        ["time", "position", "actor", "type"],
        postgresql_where=condition,
        sqlite_where=condition,
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_index("ix_events_people", table_name="events")
