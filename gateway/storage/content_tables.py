"""The tables of what is kept whole: documents and their bytes, what cases pin of the catalogue, and the keys of the door."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, Index, LargeBinary, Table, Text

from gateway.storage.schema import at_column, id_column, int_column, json_column, metadata, text_column, uuid_column

documents: Final = Table(
    "documents",
    metadata,
    id_column(),
    text_column("digest"),
    text_column("name"),
    text_column("media_type"),
    int_column("size"),
    text_column("kind"),
    text_column("origin"),
    text_column("client"),
    at_column("created_at", null=False),
    text_column("compared_by"),
    uuid_column("case_id", null=True),
    Index("ix_documents_digest", "digest"),
    Index("ix_documents_case", "case_id"),
)

blobs: Final = Table(
    "blobs",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("content", LargeBinary, nullable=False),
)

pins: Final = Table(
    "pins",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("content", LargeBinary, nullable=False),
)

api_keys: Final = Table(
    "api_keys",
    metadata,
    Column("hash", Text, primary_key=True),
    text_column("name"),
    json_column("scopes"),
    text_column("bound_to"),
)
