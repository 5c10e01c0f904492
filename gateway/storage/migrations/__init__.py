"""The schema's history, as alembic runs it."""
