"""When the office closes, for a term whose last day ends then; and which levels of its ladder a clock has told already.

The columns may be empty: a process of the release before writes clocks without them.
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from gateway.storage.columns import Json

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Add what this version needs."""
    with op.batch_alter_table("clocks", schema=None) as batch_op:
        batch_op.add_column(sa.Column("closing", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("levels_told", Json(), nullable=True))


def downgrade() -> None:
    """Take it away again."""
    with op.batch_alter_table("clocks", schema=None) as batch_op:
        batch_op.drop_column("levels_told")
        batch_op.drop_column("closing")
