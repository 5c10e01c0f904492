"""The tables of people at the console: who they are, where they are signed in, which filters they keep."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, Index, PrimaryKeyConstraint, Table, Text

from gateway.storage.schema import at_column, int_column, json_column, metadata, text_column

# The columns stand in the order of the records of ``application/accounts.py`` (``accounts.py`` relies on it).
accounts: Final = Table(
    "accounts",
    metadata,
    Column("name", Text, primary_key=True),
    text_column("password_hash"),
    json_column("scopes"),
    text_column("bound_to"),
    text_column("language"),
    text_column("state"),
    at_column("created_at", null=False),
    int_column("failures"),
    at_column("locked_until"),
)

# Only the SHA-256 of a session's token is kept: who reads the table cannot sign in with it.
sessions: Final = Table(
    "sessions",
    metadata,
    Column("token_hash", Text, primary_key=True),
    text_column("account"),
    at_column("created_at", null=False),
    at_column("seen_at", null=False),
    at_column("expires_at", null=False),
    text_column("csrf"),
    Index("ix_sessions_account", "account"),
    Index("ix_sessions_expires", "expires_at"),
)

saved_filters: Final = Table(
    "saved_filters",
    metadata,
    text_column("account"),
    text_column("page"),
    text_column("name"),
    text_column("query"),
    PrimaryKeyConstraint("account", "page", "name"),
)
