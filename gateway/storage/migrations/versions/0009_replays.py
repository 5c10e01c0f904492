"""Replays in bulk: what was seen, what became of each request. Groups of incidents, kinds of decisions, mappings of requests.

The new columns of tables that stand may be empty: a process of the release before writes rows without them.
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from gateway.storage.columns import Instant, Json

revision: str = "0009"
down_revision: str | None = "0008"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def _partial(name: str, table: str, columns: list[str], where: str) -> None:
    condition = sa.text(where)
    op.create_index(name, table, columns, postgresql_where=condition, sqlite_where=condition)


def upgrade() -> None:
    """Add two tables, three columns that may be empty, and their indexes."""
    op.add_column("requests", sa.Column("pin", sa.Text(), nullable=True))
    op.add_column("decisions", sa.Column("kind", sa.Text(), nullable=True))
    op.add_column("incidents", sa.Column("group_key", sa.Text(), nullable=True))
    _partial("ix_requests_stuck", "requests", ["agency", "id"], "status IN ('parked', 'in_doubt')")
    _partial("ix_incidents_group", "incidents", ["group_key", "opened_at", "id"], "state = 'open'")
    op.create_table(
        "replays",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("wanted", Json(), nullable=False),
        sa.Column("per_minute", sa.Integer(), nullable=False),
        sa.Column("seen_at", Instant(), nullable=False),
        sa.Column("left_off", sa.Boolean(), nullable=False),
        sa.Column("started_by", sa.Text(), nullable=False),
        sa.Column("started_at", Instant(), nullable=True),
        sa.Column("finished_at", Instant(), nullable=True),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.Column("changed_reason", sa.Text(), nullable=False),
        sa.Column("changed_at", Instant(), nullable=True),
        sa.Column("next_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_replays")),
    )
    _partial("ix_replays_next", "replays", ["next_at"], "next_at IS NOT NULL")
    op.create_index("ix_replays_list", "replays", ["seen_at", "id"])
    op.create_table(
        "replay_items",
        sa.Column("replay_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("case_number", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("agency", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("stamp", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("made", sa.Uuid(), nullable=True),
        sa.Column("at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("replay_id", "position", name=op.f("pk_replay_items")),
    )
    _partial("ix_replay_items_waiting", "replay_items", ["replay_id", "position"], "state = 'waiting'")
    op.create_index("ix_replay_items_case", "replay_items", ["replay_id", "case_id", "position"])


def downgrade() -> None:
    """Take it away again."""
    op.drop_table("replay_items")
    op.drop_table("replays")
    op.drop_index("ix_incidents_group", "incidents")
    op.drop_index("ix_requests_stuck", "requests")
    for table, column in (("incidents", "group_key"), ("decisions", "kind"), ("requests", "pin")):
        op.drop_column(table, column)
