"""Run by alembic with a connection handed over in the configuration's attributes (``gateway/storage/migrate.py``)."""

from __future__ import annotations

from alembic import context

from gateway.storage import tables

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=tables.cases.metadata,
    render_as_batch=True,
    transaction_per_migration=True,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
