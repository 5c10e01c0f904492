"""The table of calendars: every version that was ever in force here."""

from __future__ import annotations

from typing import Final

from sqlalchemy import PrimaryKeyConstraint, Table, UniqueConstraint

from gateway.storage.schema import at_column, int_column, json_column, metadata, text_column

# Nothing here is ever overwritten: an amendment is a further row. ``number`` counts from 1 in each calendar.
calendar_versions: Final = Table(
    "calendar_versions",
    metadata,
    text_column("calendar"),
    int_column("number"),
    text_column("version"),
    at_column("made_at", null=False),
    text_column("made_by"),
    text_column("decree"),
    text_column("note"),
    json_column("content"),
    PrimaryKeyConstraint("calendar", "number"),
    UniqueConstraint("calendar", "version"),
)
