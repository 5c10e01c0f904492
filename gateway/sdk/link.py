"""What a worker lends an adapter for its I/O: the session, secrets and documents. Nothing of the database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from gateway.domain.outcomes import DocumentRef

if TYPE_CHECKING:
    import aiohttp


class Secrets(Protocol):
    """Resolves ``secret://agency/name``. Raises ``KeyError`` with that name when there is none."""

    def get(self, reference: str) -> str: ...


class Documents(Protocol):
    """Documents by claim check: fetched and stored through short-lived signed references."""

    async def fetch(self, document: DocumentRef) -> bytes:
        """Return the bytes. Raises ``NotSent`` when the reference has expired or the api is not there."""
        ...

    async def store(self, document: DocumentRef, content: bytes) -> None: ...


@dataclass(frozen=True, slots=True)
class Link:
    """One attempt's surroundings. ``endpoint`` and ``timeout_secs`` are the contract's current ones."""

    session: aiohttp.ClientSession
    endpoint: str
    timeout_secs: float
    secrets: Secrets
    documents: Documents
    traceparent: str = ""
