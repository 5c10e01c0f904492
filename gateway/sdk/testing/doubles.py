"""Stand-ins for what a worker lends an adapter: secrets and documents in memory, and a link over a real session."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager

from gateway.domain.outcomes import DocumentRef
from gateway.sdk.errors import NotSent
from gateway.sdk.http import open_session
from gateway.sdk.link import Exchange, Link, unobserved


class FixedSecrets:
    """Secrets by reference."""

    def __init__(self, values: Mapping[str, str] | None = None) -> None:
        self._values = dict(values or {})

    def get(self, reference: str) -> str:
        return self._values[reference]


class MemoryDocuments:
    """Documents by digest; ``stored`` are what an adapter gave back."""

    def __init__(self, contents: Mapping[str, bytes] | None = None) -> None:
        self.contents = dict(contents or {})
        self.stored: dict[str, bytes] = {}

    async def fetch(self, document: DocumentRef) -> bytes:
        if document.digest not in self.contents:
            raise NotSent(f"the reference of document {document.digest} has expired")
        return self.contents[document.digest]

    async def store(self, document: DocumentRef, content: bytes) -> None:
        self.stored[document.digest] = content


@asynccontextmanager
async def lend(
    endpoint: str,
    *,
    secrets: Mapping[str, str] | None = None,
    documents: Mapping[str, bytes] | None = None,
    timeout_secs: float = 5.0,
    traceparent: str = "",
    observe: Callable[[Exchange], None] = unobserved,
) -> AsyncIterator[Link]:
    """Lend a link to ``endpoint`` over a session that is closed afterwards."""
    session = open_session()
    try:
        lent = FixedSecrets(secrets), MemoryDocuments(documents)
        yield Link(session, endpoint, timeout_secs, *lent, traceparent, observe)
    finally:
        await session.close()
