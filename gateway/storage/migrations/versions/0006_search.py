"""What cases are found by: the applicant's identifier as a keyed hash, and the indexes of the lists."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_UNDECIDED = "decided_at IS NULL AND closed_at IS NULL"
#: (name, table, columns, condition)
_NEW: tuple[tuple[str, str, list[str], str], ...] = (
    ("ix_cases_by_client", "cases", ["client", "id"], ""),
    ("ix_cases_by_service", "cases", ["service", "id"], ""),
    ("ix_cases_by_office", "cases", ["office", "id"], ""),
    ("ix_cases_by_channel", "cases", ["channel", "id"], ""),
    ("ix_cases_by_status", "cases", ["status", "id"], ""),
    ("ix_cases_by_outcome", "cases", ["outcome", "id"], "outcome IS NOT NULL"),
    ("ix_cases_by_reference", "cases", ["reference", "id"], "reference <> ''"),
    ("ix_cases_troubled", "cases", ["id"], "needs_attention"),
    ("ix_cases_undecided", "cases", ["id", "due_at"], _UNDECIDED),
    ("ix_cases_next_due", "cases", ["due_at", "id"], _UNDECIDED),
    ("ix_cases_decided", "cases", ["decided_at"], "decided_at IS NOT NULL"),
    ("ix_requests_by_agency", "requests", ["agency", "case_id"], ""),
    ("ix_requests_retrying", "requests", ["case_id"], "status = 'ready' AND released_at IS NOT NULL"),
    ("ix_clocks_statutory", "clocks", ["state", "case_id"], "kind = 'statutory'"),
    ("ix_incidents_by_kind", "incidents", ["kind", "case_id"], "state = 'open'"),
)
#: What the new ones stand for. The release before finds the same cases without them, more slowly.
_OLD: tuple[tuple[str, str, list[str], str], ...] = (
    ("ix_cases_client", "cases", ["client", "received_at", "id"], ""),
    ("ix_cases_reference", "cases", ["reference"], ""),
    ("ix_cases_attention", "cases", ["needs_attention", "received_at", "id"], "needs_attention"),
    ("ix_cases_due", "cases", ["due_at"], "closed_at IS NULL"),
)
_MERGED = ("cases", "requests", "clocks")


def _create(indexes: Sequence[tuple[str, str, list[str], str]]) -> None:
    for name, table, columns, where in indexes:
        condition = sa.text(where) if where else None
        op.create_index(name, table, columns, postgresql_where=condition, sqlite_where=condition)


def _drop(indexes: Sequence[tuple[str, str, list[str], str]]) -> None:
    for name, table, _, _ in indexes:
        op.drop_index(name, table)


def upgrade() -> None:
    """Add two tables that the previous release does not know, and change indexes only."""
    op.create_table(
        "search_identifiers",
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("hash", "case_id", "role", name="pk_search_identifiers"),
    )
    op.create_table(
        "search_progress",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_search_progress"),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute('ALTER TABLE cases ALTER COLUMN number TYPE text COLLATE "C"')
        # Merging indexes reads no rows, as long as their pages are known to be visible to all: that is vacuum's work.
        for table in _MERGED:
            op.execute(f"ALTER TABLE {table} SET (autovacuum_vacuum_insert_scale_factor = 0.05)")
    _create(_NEW)
    _drop(_OLD)


def downgrade() -> None:
    """Take both tables away and put the indexes back."""
    _create(_OLD)
    _drop(_NEW)
    if op.get_bind().dialect.name == "postgresql":
        op.execute('ALTER TABLE cases ALTER COLUMN number TYPE text COLLATE "default"')
        for table in _MERGED:
            op.execute(f"ALTER TABLE {table} RESET (autovacuum_vacuum_insert_scale_factor)")
    op.drop_table("search_progress")
    op.drop_table("search_identifiers")
