"""Bytes by digest (blobs, pins), the messages of requests, documents, and the keys of clients."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Table, select

from gateway.application.reads import Client, DocumentRow
from gateway.domain.case_file import StoredMessage
from gateway.domain.request import Work
from gateway.storage import bulk, statements
from gateway.storage import content_tables as c
from gateway.storage import tables as t
from gateway.storage.base import Part
from gateway.storage.columns import dump_json

_COLUMNS = tuple(c.documents.c.keys())
_DOCUMENT = bulk.insert(c.documents, _COLUMNS)
_KEY = bulk.insert(
    c.api_keys,
    c.api_keys.c.keys(),
    on_conflict="(hash) DO UPDATE SET name = excluded.name, scopes = excluded.scopes, bound_to = excluded.bound_to",
)


class Contents(Part):
    """Contents never change: what is there already under a digest is left alone."""

    async def messages(self, wanted: Sequence[tuple[UUID, Work]]) -> dict[tuple[UUID, Work], StoredMessage]:
        if not wanted:
            return {}
        ids = list({request_id for request_id, _ in wanted})
        query = select(t.messages).where(self.db.within(t.messages.c.request_id, "ids"))
        async with self.db.glance() as tx:
            found = await tx.rows(query, {"ids": ids})
        stored = {(row.request_id, Work(row.purpose)): row for row in found}
        return {key: StoredMessage(key[0], key[1], stored[key].content, stored[key].meta) for key in wanted if key in stored}

    async def put_blobs(self, blobs: Mapping[str, bytes]) -> None:
        async with self.db.write() as tx:
            await tx.bulk(statements.INSERT_BLOB, sorted(blobs.items()))

    async def get_blob(self, digest: str) -> bytes | None:
        return await self._content(c.blobs, digest)

    async def put_pins(self, pins: Mapping[str, bytes]) -> None:
        async with self.db.write() as tx:
            await tx.bulk(statements.INSERT_PIN, sorted(pins.items()))

    async def get_pin(self, digest: str) -> bytes | None:
        return await self._content(c.pins, digest)

    async def _content(self, table: Table, digest: str) -> bytes | None:
        async with self.db.glance() as tx:
            row = await tx.one(select(table.c.content).where(table.c.digest == digest))
        return None if row is None else row.content

    async def now(self) -> datetime:
        async with self.db.glance() as tx:
            return await tx.now()

    async def add_document(self, document: DocumentRow, content: bytes) -> None:
        async with self.db.write() as tx:
            await tx.bulk(statements.INSERT_BLOB, [(document.digest, content)])
            await tx.bulk(_DOCUMENT, [tuple(getattr(document, name) for name in _COLUMNS)])

    async def document(self, id_: UUID) -> DocumentRow | None:
        async with self.db.glance() as tx:
            row = await tx.one(select(c.documents).where(c.documents.c.id == id_))
        return None if row is None else DocumentRow(*row)

    async def documents_by_digest(self, digests: Sequence[str], client: str) -> list[DocumentRow]:
        documents = c.documents.c
        query = select(c.documents).where(documents.digest.in_(digests), documents.client == client)
        async with self.db.glance() as tx:
            return [DocumentRow(*row) for row in await tx.rows(query.order_by(documents.created_at, documents.id))]

    async def client_of_key(self, key_hash: str) -> Client | None:
        async with self.db.glance() as tx:
            row = await tx.one(select(c.api_keys).where(c.api_keys.c.hash == key_hash))
        return None if row is None else Client(row.name, frozenset(row.scopes), row.bound_to)

    async def clients(self) -> list[Client]:
        async with self.db.glance() as tx:
            found = await tx.rows(select(c.api_keys).order_by(c.api_keys.c.name))
        return [Client(row.name, frozenset(row.scopes), row.bound_to) for row in found]

    async def add_key(self, key_hash: str, client: Client) -> None:
        async with self.db.write() as tx:
            await tx.bulk(_KEY, [(key_hash, client.name, dump_json(sorted(client.scopes)), client.bound_to)])
