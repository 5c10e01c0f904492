"""The tables of alerts: what is told to people, which incidents it gathers, and when nobody is to be told."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, Index, Table, Uuid

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

# The columns stand in the order of the domain's record (``alerts.py`` relies on it).
alerts: Final = Table(
    "alerts",
    metadata,
    id_column(),
    text_column("key"),
    text_column("kind"),
    at_column("opened_at", null=False),
    at_column("last_at", null=False),
    text_column("agency"),
    text_column("lane"),
    text_column("service"),
    text_column("step"),
    text_column("level"),
    json_column("detail"),
    json_column("cases"),
    flag_column("is_over"),
    int_column("count"),
    int_column("told_count"),
    int_column("rung"),
    json_column("told_to"),
    at_column("first_told_at"),
    at_column("told_at"),
    at_column("over_since"),
    at_column("over_at"),
    at_column("acknowledged_at"),
    text_column("acknowledged_by"),
    text_column("note"),
    uuid_column("silence_id", null=True),
    at_column("next_at"),
    partial_index("uq_alerts_open", "NOT is_over", "key", unique=True),
    partial_index("ix_alerts_next", "next_at IS NOT NULL", "next_at"),
    partial_index("ix_alerts_held", "silence_id IS NOT NULL", "silence_id"),
    Index("ix_alerts_list", "opened_at", "id"),
)

# ``of_lane``: the incident concerns the whole lane, not one request.
alert_incidents: Final = Table(
    "alert_incidents",
    metadata,
    Column("incident_id", Uuid, primary_key=True),
    uuid_column("alert_id"),
    flag_column("of_lane"),
    Index("ix_alert_incidents_alert", "alert_id", "of_lane"),
)

silences: Final = Table(
    "silences",
    metadata,
    id_column(),
    at_column("starts_at", null=False),
    at_column("ends_at", null=False),
    text_column("by"),
    text_column("reason"),
    text_column("agency"),
    text_column("kind"),
    text_column("service"),
    at_column("created_at", null=False),
    text_column("ended_by"),
    at_column("summarised_at"),
    partial_index("ix_silences_open", "summarised_at IS NULL", "ends_at"),
    Index("ix_silences_list", "created_at", "id"),
)
