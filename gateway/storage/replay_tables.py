"""The tables of replays: the set that was seen, and what became of each of its requests."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, Index, PrimaryKeyConstraint, Table, Text

from gateway.storage.schema import (
    at_column,
    flag_column,
    id_column,
    int_column,
    json_column,
    metadata,
    partial_index,
    text_column,
    uuid_column,
)

# ``next_at`` is when the next request may be taken; NULL unless the replay runs.
replays: Final = Table(
    "replays",
    metadata,
    id_column(),
    text_column("state"),
    text_column("action"),
    text_column("reason"),
    text_column("by"),
    json_column("wanted"),
    int_column("per_minute"),
    at_column("seen_at", null=False),
    flag_column("left_off"),
    text_column("started_by"),
    at_column("started_at"),
    at_column("finished_at"),
    text_column("changed_by"),
    text_column("changed_reason"),
    at_column("changed_at"),
    at_column("next_at"),
    partial_index("ix_replays_next", "next_at IS NOT NULL", "next_at"),
    Index("ix_replays_list", "seen_at", "id"),
)

# ``made`` is the request that took the place of a superseded one. ``stamp`` is how the request stood when it was seen.
replay_items: Final = Table(
    "replay_items",
    metadata,
    uuid_column("replay_id"),
    int_column("position"),
    uuid_column("case_id"),
    text_column("case_number"),
    int_column("version"),
    uuid_column("request_id"),
    text_column("step"),
    text_column("agency"),
    text_column("status"),
    text_column("stamp"),
    text_column("state"),
    text_column("code"),
    Column("text", Text, nullable=False),
    uuid_column("made", null=True),
    at_column("at"),
    PrimaryKeyConstraint("replay_id", "position"),
    partial_index("ix_replay_items_waiting", "state = 'waiting'", "replay_id", "position"),
    Index("ix_replay_items_case", "replay_id", "case_id", "position"),
)
