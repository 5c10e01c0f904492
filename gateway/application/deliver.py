"""The worker's use case: one release, one try, one reply. It knows no database (promise 8)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, Protocol

import structlog

from gateway.application.release import Release, WorkerReply
from gateway.domain.errors import DarchaError
from gateway.domain.outcomes import LookupOutcome, Misconfigured, RetryLater, Unknown
from gateway.domain.request import Work
from gateway.sdk.adapter import Adapter, Parsed
from gateway.sdk.errors import NotSent
from gateway.sdk.link import Documents, Exchange, Link

log = structlog.get_logger(__name__)

#: The detail of a reply to a release that nobody began to deliver: it says nothing about the agency.
NOT_STARTED: Final[Mapping[str, Any]] = {"started": False}
_TOO_LATE: Final = RetryLater("the release came to a worker too late", 0)


class Contracts(Protocol):
    """Where a worker gets its contracts."""

    async def adapter(self, digest: str, reference: str) -> Adapter:
        """Return the adapter of a contract. Raises ``NotSent`` when the contract cannot be had now."""
        ...


class Call(Protocol):
    """A call of an agency as a trace sees it. ``traceparent`` is what the agency is told."""

    @property
    def traceparent(self) -> str: ...
    def ended(self, outcome: LookupOutcome) -> None:
        """Note what it led to."""
        ...


#: Watches one call of an agency from its first byte to its outcome.
Watch = Callable[[Release], AbstractContextManager[Call]]


@dataclass(frozen=True, slots=True)
class Unwatched:
    """A call that nobody traces: the context of the release goes on to the agency as it came."""

    traceparent: str

    def ended(self, outcome: LookupOutcome) -> None:
        """Note nothing."""


def unwatched(release: Release) -> AbstractContextManager[Call]:
    """Watch nothing."""
    return nullcontext(Unwatched(release.traceparent))


class Deliver:
    """``link_for`` lends an adapter its session, secrets and documents for one release; ``now`` is UTC."""

    def __init__(
        self,
        contracts: Contracts,
        link_for: Callable[[Release], Link],
        worker: str,
        now: Callable[[], datetime],
        watch: Watch = unwatched,
    ) -> None:
        self._contracts = contracts
        self._link_for = link_for
        self._worker = worker
        self._now = now
        self._watch = watch

    async def run(self, release: Release, *, redelivered: bool) -> WorkerReply:
        """Deliver once and return what to tell the tracker. Never raises for what an agency or an adapter does."""
        started = self._now()
        seen: dict[str, Any] = {}
        outcome = await self._outcome(release, seen, redelivered=redelivered)
        finished = self._now()
        detail: Mapping[str, Any] = {"seconds": round((finished - started).total_seconds(), 6), **seen}
        if outcome == _TOO_LATE:
            detail = NOT_STARTED
        return self.reply(release, outcome, finished, detail)

    def given_back(self, release: Release) -> WorkerReply:
        """Return the reply for a release that was never started: this worker is stopping."""
        return self.reply(release, RetryLater("the worker stopped before it began", 0), self._now(), NOT_STARTED)

    def failed(self, release: Release, error: Exception) -> WorkerReply:
        """Return the reply for a release that a mistake of our own broke off: bytes may have left."""
        return self.reply(release, Unknown(f"{type(error).__name__} in the worker: {error}"), self._now(), {})

    def reply(self, release: Release, outcome: LookupOutcome, at: datetime, detail: Mapping[str, Any]) -> WorkerReply:
        """Return the reply to a release."""
        r = release
        return WorkerReply(r.request_id, r.case_id, r.lease_id, r.work, r.lane, outcome, at, self._worker, detail)

    async def _outcome(self, release: Release, seen: dict[str, Any], *, redelivered: bool) -> LookupOutcome:
        """``seen`` takes what is kept with the attempt: its own trace context, status and sizes of the last exchange."""
        if redelivered and release.work is Work.SEND:
            return Unknown("the broker delivered this release a second time; the first worker may have sent it")
        if self._now() >= release.send_by:
            return _TOO_LATE
        try:
            adapter = await self._contracts.adapter(release.contract, release.references.get("contract", ""))
        except Exception as error:  # whatever it is, no byte has left yet
            if not isinstance(error, NotSent):
                log.exception("contract not usable", agency=release.agency, contract=release.contract)
            return RetryLater(f"the contract could not be loaded: {error or type(error).__name__}")
        if not release.endpoint and not _needs_no_endpoint(adapter):
            return Misconfigured(f"{release.agency} has no endpoint; set the variable that its contract names")
        if self._now() >= release.send_by:
            return _TOO_LATE
        with self._watch(release) as call:
            told = call.traceparent
            if told != release.traceparent:
                release, seen["traceparent"] = replace(release, traceparent=told), told
            outcome = await self._call(adapter, release, seen)
            call.ended(outcome)
        return outcome

    async def _call(self, adapter: Adapter, release: Release, seen: dict[str, Any]) -> LookupOutcome:
        link = _noting(self._link_for(release), seen)
        try:
            if release.work is Work.SEND:
                parsed = await adapter.send(release.message, link)
            else:
                parsed = await adapter.lookup(release.operation, release.message, link)
        except Exception as error:  # an adapter's own bug in send: bytes may have left (DESIGN section 6)
            log.exception("adapter failed", agency=release.agency, operation=release.operation)
            return Unknown(f"{type(error).__name__} in the adapter: {error}")
        outcome = await _store_blobs(parsed, link.documents)
        if isinstance(outcome, Misconfigured) and not outcome.probe_agrees:
            return replace(outcome, probe_agrees=await _probe_agrees(adapter, link, release.agency))
        return outcome


def _noting(link: Link, seen: dict[str, Any]) -> Link:
    """Return a link that also notes what the transport saw: the agency's status and the bytes of the bodies."""
    observe = link.observe

    def note(exchange: Exchange) -> None:
        seen.update(status=exchange.status, sent_bytes=exchange.sent_bytes, received_bytes=exchange.received_bytes)
        observe(exchange)

    return replace(link, observe=note)


async def _probe_agrees(adapter: Adapter, link: Link, agency: str) -> bool:
    try:
        health = await adapter.probe(link)
    except Exception:  # a probe that fails by itself proves nothing
        log.exception("probe failed", agency=agency)
        return False
    return not health.ok and health.misconfigured


def _needs_no_endpoint(adapter: Adapter) -> bool:
    return bool(getattr(adapter, "without_endpoint", False))


async def _store_blobs(parsed: Parsed, documents: Documents) -> LookupOutcome:
    """Hand the documents of a reply in before the reply is told; what cannot be handed in leaves the outcome unknown."""
    refs = {d.digest: d for d in getattr(parsed.outcome, "documents", ())}
    try:
        for digest, content in parsed.blobs.items():
            if hashlib.sha256(content).hexdigest() != digest or digest not in refs:
                return Unknown("a document of the reply does not match its digest")
            await documents.store(refs[digest], content)
    except DarchaError as error:
        return Unknown(f"the documents of the reply could not be stored: {error}")
    return parsed.outcome
