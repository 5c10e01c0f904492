"""The table of spans: the gateway's own trace store, for a deployment without a collector."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, Index, PrimaryKeyConstraint, Table, Text

from gateway.storage.schema import json_column, metadata, text_column, uuid_column

# Ids are hex, times microseconds since 1970. The columns stand in the order of ``application.spans.SpanRecord``.
spans: Final = Table(
    "spans",
    metadata,
    Column("trace_id", Text, nullable=False),
    Column("span_id", Text, nullable=False),
    text_column("parent_id"),
    text_column("name"),
    text_column("kind"),
    text_column("role"),
    Column("started_us", BigInteger, nullable=False),
    Column("ended_us", BigInteger, nullable=False),
    text_column("status"),
    uuid_column("case_id", null=True),
    json_column("attributes"),
    json_column("links"),
    PrimaryKeyConstraint("trace_id", "span_id"),
    Index("ix_spans_started", "started_us"),
)
