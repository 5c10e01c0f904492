"""What cases are found by beside their own columns: the identifiers of the people in them, as keyed hashes."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, LargeBinary, PrimaryKeyConstraint, Table, Text, Uuid

from gateway.storage.schema import case_column, metadata, text_column

# No identifier stands here, and without the key none can be tried. ``key`` names the key that ``hash`` was made with, so
# that another can follow. The primary key is the index of the search: its cases come newest first.
search_identifiers: Final = Table(
    "search_identifiers",
    metadata,
    Column("hash", LargeBinary, nullable=False),
    case_column(checked=False),
    text_column("role"),
    text_column("key"),
    PrimaryKeyConstraint("hash", "case_id", "role"),
)

# How far the cases of earlier releases have been indexed with a key, in the order of their ids.
search_progress: Final = Table(
    "search_progress",
    metadata,
    Column("key", Text, primary_key=True),
    Column("case_id", Uuid, nullable=False),
)
