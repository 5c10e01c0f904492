"""How a worker gets contracts and documents: over HTTP from the api, or straight from the store in the embedded mode."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping

import aiohttp

from gateway.application.deployment import Deployment, PinNotLoaded
from gateway.application.pins import agency_from_pin
from gateway.application.release import Release
from gateway.application.store import Store
from gateway.domain.outcomes import DocumentRef
from gateway.sdk.adapter import Adapter, Manifest
from gateway.sdk.errors import NotSent, SentButLost

#: For one thing of the api; a large document is what takes long.
_PATIENCE = aiohttp.ClientTimeout(total=30, connect=5)


class HttpContracts:
    """Contracts by digest from the api, kept for the life of the process."""

    def __init__(self, session: aiohttp.ClientSession, manifests: Mapping[str, Manifest]) -> None:
        self._session = session
        self._manifests = manifests
        self._known: dict[str, Adapter] = {}
        self._loading: dict[str, asyncio.Lock] = {}

    async def adapter(self, digest: str, reference: str) -> Adapter:
        """Return the adapter of a contract. Raises ``NotSent`` when the api cannot give it now."""
        known = self._known.get(digest)
        if known is not None:
            return known
        # A lane that opens hands out many releases at once: the contract is fetched and compiled for the first of them.
        async with self._loading.setdefault(digest, asyncio.Lock()):
            if digest not in self._known:
                agency = agency_from_pin(await _get(self._session, reference))
                if agency.adapter not in self._manifests:
                    raise NotSent(f"this worker has no adapter {agency.adapter!r}")
                self._known[digest] = self._manifests[agency.adapter].make(agency)
        return self._known[digest]


class HttpDocuments:
    """The documents of one release, under its signed references."""

    def __init__(self, session: aiohttp.ClientSession, references: Mapping[str, str]) -> None:
        self._session = session
        self._references = references

    async def fetch(self, document: DocumentRef) -> bytes:
        """Return the bytes. Raises ``NotSent``: without the document nothing is sent."""
        content = await _get(self._session, self._references.get(document.digest, ""))
        if hashlib.sha256(content).hexdigest() != document.digest:
            raise NotSent(f"document {document.digest} came with other content")
        return content

    async def store(self, document: DocumentRef, content: bytes) -> None:  # noqa: ARG002 - the api computes the digest itself
        """Hand in a document of a reply. Raises ``SentButLost`` when the api does not take it."""
        try:
            upload = self._references.get("upload", "")
            async with self._session.post(upload, data=content, timeout=_PATIENCE) as answer:
                if answer.status not in (200, 201):
                    raise SentButLost(f"the api answered {answer.status} to a document of the reply")
        except (aiohttp.ClientError, TimeoutError) as error:
            raise SentButLost(f"the api did not take a document of the reply: {error}") from error


async def _get(session: aiohttp.ClientSession, reference: str) -> bytes:
    try:
        async with session.get(reference, timeout=_PATIENCE) as answer:
            if answer.status != 200:
                raise NotSent(f"the api answered {answer.status} to a reference")
            return await answer.read()
    except (aiohttp.ClientError, TimeoutError) as error:
        raise NotSent(f"the api cannot be reached: {error}") from error


class DirectContracts:
    """Contracts from the deployment and the store of this very process."""

    def __init__(self, deployment: Deployment, store: Store) -> None:
        self._deployment = deployment
        self._store = store

    async def adapter(self, digest: str, reference: str) -> Adapter:  # noqa: ARG002 - a port that HTTP needs
        """Return the adapter of a contract; the reference is not needed here."""
        try:
            return self._deployment.adapter(digest)
        except PinNotLoaded:
            await self._deployment.load(self._store, digest)
            return self._deployment.adapter(digest)


class DirectDocuments:
    """Documents from the store of this very process."""

    def __init__(self, store: Store, release: Release) -> None:
        self._store = store
        self._named = {d.digest for d in release.message.documents}

    async def fetch(self, document: DocumentRef) -> bytes:
        """Return the bytes. Raises ``NotSent`` for a document that the release does not name or that is gone."""
        content = await self._store.get_blob(document.digest) if document.digest in self._named else None
        if content is None:
            raise NotSent(f"document {document.digest} is not in the store")
        return content

    async def store(self, document: DocumentRef, content: bytes) -> None:
        """Store a document of a reply."""
        await self._store.put_blobs({document.digest: content})
