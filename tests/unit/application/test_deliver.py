"""The worker's use case: one release, one try, one reply, whatever contract, adapter and agency do."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from gateway.application.deliver import Deliver
from gateway.application.release import Release
from gateway.domain.errors import CatalogueError
from gateway.domain.outcomes import Completed, DocumentRef, LookupOutcome, Misconfigured, NotThere, RetryLater, Unknown, name_of
from gateway.domain.request import Work
from gateway.sdk.adapter import Health, Message
from gateway.sdk.errors import NotSent, SentButLost
from tests.unit.application.small import NOW, SpokenAdapter, StoredDocuments, agencies, link_of

SEND_BY = NOW + timedelta(seconds=30)


def release(**change: Any) -> Release:
    fields: dict[str, Any] = {
        "request_id": UUID(int=1),
        "case_id": UUID(int=2),
        "lease_id": UUID(int=3),
        "work": Work.SEND,
        "send_by": SEND_BY,
        "lane": "registry",
        "agency": "registry",
        "operation": "Find",
        "contract": "c1",
        "endpoint": "http://registry.test",
        "timeout_secs": 10,
        "message": Message("m", "Find", b"{}", "application/json"),
    }
    return Release(**(fields | change))


class Contracts:
    def __init__(self, adapter: SpokenAdapter, error: Exception | None = None) -> None:
        self._adapter = adapter
        self._error = error
        self.asked: list[tuple[str, str]] = []

    async def adapter(self, digest: str, reference: str) -> Any:
        self.asked.append((digest, reference))
        if self._error is not None:
            raise self._error
        return self._adapter


@pytest.fixture
def adapter() -> SpokenAdapter:
    return SpokenAdapter(agencies()["registry"])


async def run(
    adapter: SpokenAdapter,
    *,
    error: Exception | None = None,
    now: Callable[[], datetime] = lambda: NOW,
    documents: StoredDocuments | None = None,
    redelivered: bool = False,
    **change: Any,
) -> LookupOutcome:
    deliver = Deliver(Contracts(adapter, error), lambda r: link_of(r, documents), "worker-1", now)
    reply = await deliver.run(release(**change), redelivered=redelivered)
    assert (reply.request_id.int, reply.case_id.int, reply.lease_id.int, reply.worker) == (1, 2, 3, "worker-1")
    return reply.outcome


def moments(*at: datetime) -> Callable[[], datetime]:
    """A clock that says these instants, and the last of them from then on."""
    left = list(at)
    return lambda: left.pop(0) if len(left) > 1 else left[0]


async def test_it_is_sent_with_what_the_release_says(adapter: SpokenAdapter) -> None:
    contracts = Contracts(adapter)
    reply = await Deliver(contracts, link_of, "w", moments(NOW, NOW, NOW, NOW + timedelta(seconds=2))).run(
        release(references={"contract": "signed:c1"}), redelivered=False
    )
    assert reply.outcome == Completed() and reply.detail == {"seconds": 2.0}
    assert contracts.asked == [("c1", "signed:c1")]
    ((message, link),) = adapter.sent
    assert (message.body, link.endpoint, link.timeout_secs) == (b"{}", "http://registry.test", 10)


async def test_past_send_by_nothing_is_started(adapter: SpokenAdapter) -> None:
    outcome = await run(adapter, now=lambda: SEND_BY)
    assert isinstance(outcome, RetryLater) and outcome.after == 0
    assert not adapter.sent


async def test_a_contract_that_took_too_long_to_load_is_not_sent_either(adapter: SpokenAdapter) -> None:
    outcome = await run(adapter, now=moments(NOW, NOW, SEND_BY))
    assert isinstance(outcome, RetryLater) and not adapter.sent


@pytest.mark.parametrize("error", [NotSent("the api is away"), CatalogueError("unreadable"), ZeroDivisionError()])
async def test_a_contract_that_cannot_be_had_is_not_sent(adapter: SpokenAdapter, error: Exception) -> None:
    assert isinstance(await run(adapter, error=error), RetryLater)
    assert not adapter.sent


async def test_an_agency_without_an_endpoint_is_misconfigured_before_anything_is_sent(adapter: SpokenAdapter) -> None:
    assert isinstance(await run(adapter, endpoint=""), Misconfigured)
    adapter.without_endpoint = True  # type: ignore[attr-defined]  # as people have none
    assert await run(adapter, endpoint="") == Completed()


async def test_an_exception_of_the_adapter_is_unknown_for_bytes_may_have_left(adapter: SpokenAdapter) -> None:
    adapter.says = lambda _message, _link: ZeroDivisionError("oops")
    outcome = await run(adapter)
    assert isinstance(outcome, Unknown) and "ZeroDivisionError" in outcome.reason


async def test_not_sent_of_the_agency_is_the_adapters_own_word(adapter: SpokenAdapter) -> None:
    adapter.says = lambda _message, _link: RetryLater("connection refused", 5)
    assert await run(adapter) == RetryLater("connection refused", 5)


async def test_a_redelivered_send_is_unknown_and_a_redelivered_lookup_is_asked(adapter: SpokenAdapter) -> None:
    assert isinstance(await run(adapter, redelivered=True), Unknown)
    assert not adapter.sent
    adapter.says = lambda _message, _link: NotThere()
    assert await run(adapter, redelivered=True, work=Work.LOOKUP) == NotThere()


@pytest.mark.parametrize(
    ("health", "agrees"),
    [
        (Health(ok=True), False),
        (Health(ok=False), False),
        (Health(ok=False, misconfigured=True), True),
        (ZeroDivisionError("the probe itself"), False),
    ],
)
async def test_misconfigured_is_believed_when_a_probe_says_so_too(
    adapter: SpokenAdapter, health: Health | Exception, agrees: bool
) -> None:
    adapter.says, adapter.health = lambda _message, _link: Misconfigured("401"), health
    assert await run(adapter) == Misconfigured("401", agrees)
    assert adapter.probes == 1


async def test_what_the_adapter_has_probed_itself_is_not_probed_again(adapter: SpokenAdapter) -> None:
    adapter.says = lambda _message, _link: Misconfigured("401", probe_agrees=True)
    assert await run(adapter) == Misconfigured("401", probe_agrees=True)
    assert adapter.probes == 0


CONTENT = b"%PDF-1.7 a certificate"
DIGEST = hashlib.sha256(CONTENT).hexdigest()
PAPER = Completed(documents=(DocumentRef(DIGEST, "certificate.pdf", "application/pdf"),))


async def test_documents_are_stored_before_the_reply_is_told(adapter: SpokenAdapter) -> None:
    documents = StoredDocuments()
    adapter.says, adapter.blobs = lambda _message, _link: PAPER, {DIGEST: CONTENT}
    assert await run(adapter, documents=documents) == PAPER
    assert documents.stored == {DIGEST: CONTENT}


@pytest.mark.parametrize("blobs", [{DIGEST: b"another"}, {"0" * 64: CONTENT}, {hashlib.sha256(b"x").hexdigest(): b"x"}])
async def test_documents_that_do_not_match_leave_it_unknown(adapter: SpokenAdapter, blobs: dict[str, bytes]) -> None:
    adapter.says, adapter.blobs = lambda _message, _link: PAPER, blobs
    assert name_of(await run(adapter)) == "unknown"


async def test_documents_that_cannot_be_stored_leave_it_unknown(adapter: SpokenAdapter) -> None:
    adapter.says, adapter.blobs = lambda _message, _link: PAPER, {DIGEST: CONTENT}
    outcome = await run(adapter, documents=StoredDocuments(SentButLost("the api is away")))
    assert isinstance(outcome, Unknown) and "the api is away" in outcome.reason


def test_what_was_never_started_says_so(adapter: SpokenAdapter) -> None:
    deliver = Deliver(Contracts(adapter), link_of, "w", lambda: NOW)
    assert deliver.given_back(release()).outcome == RetryLater("the worker stopped before it began", 0)
    assert isinstance(deliver.failed(release(), ZeroDivisionError("x")).outcome, Unknown)
