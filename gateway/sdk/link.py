"""What a worker lends an adapter for its I/O: the session, secrets and documents. Nothing of the database."""

from __future__ import annotations

from collections.abc import Callable
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
class Exchange:
    """One exchange with an agency as its transport saw it: what spans and counters are made of.

    Bytes are those of the bodies, the received ones after decompression. ``status`` is 0 where no whole answer came;
    ``sent_bytes`` is 0 where certainly nothing left. ``seconds`` covers connecting, sending and reading.
    """

    sent_bytes: int
    received_bytes: int
    status: int
    seconds: float


def unobserved(exchange: Exchange) -> None:
    """Observe nothing."""


@dataclass(frozen=True, slots=True)
class Link:
    """One attempt's surroundings. ``endpoint`` and ``timeout_secs`` are the contract's current ones.

    ``traceparent`` goes to the agency where its protocol has a place for it. Whatever speaks to the agency tells ``observe``
    of each exchange; ``gateway.sdk.http.exchange`` does both.
    """

    session: aiohttp.ClientSession
    endpoint: str
    timeout_secs: float
    secrets: Secrets
    documents: Documents
    traceparent: str = ""
    observe: Callable[[Exchange], None] = unobserved
