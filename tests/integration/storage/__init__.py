"""One behaviour suite, run on SQLite and on PostgreSQL."""
