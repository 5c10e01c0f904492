"""The rules of sending: each against the adapter's own simulator, over real HTTP. Part of ``suite``."""

# ruff: noqa: S101  - assert is how tests speak

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import pytest

from gateway.domain.outcomes import Invalid, Misconfigured, RetryLater, Unknown
from gateway.sdk.adapter import Adapter, Manifest, Parsed
from gateway.sdk.simulator import Entry
from gateway.sdk.testing.conformance import Conformance
from gateway.sdk.testing.doubles import lend
from gateway.sdk.testing.trials import assert_closed, closed_port, heard, link_to, send, send_to, serve, simulated

#: Bytes of the document in ``test_documents_are_carried``: more than any buffer on the way.
_LARGE: Final = 8 * 1024 * 1024


def test_send_tells_what_the_agency_said(adapter: Adapter, samples: Conformance, manifest: Manifest) -> None:
    parsed, simulator = send(adapter, samples, manifest)
    assert isinstance(parsed.outcome, samples.sent), parsed.outcome
    assert_closed(parsed)
    if simulator is not None:
        assert [e.message_id for e in simulator.ledger.entries()] == [samples.requests[0].message_id]


def test_send_never_resends_by_itself(adapter: Adapter, samples: Conformance, manifest: Manifest) -> None:
    async def twice() -> tuple[list[Parsed], int]:
        async with serve(simulated(manifest), samples, "") as simulator, link_to(simulator.url, samples) as link:
            first = adapter.render(samples.requests[0])
            parsed = [await adapter.send(first, link)]
            # The kept-alive connection is reset under the second: the case in which HTTP clients resend unasked.
            async with link.session.post(f"{simulator.url}/_control/faults", data="reset-after=1") as answer:
                assert answer.status == 200
            again = adapter.render(replace(samples.requests[0], message_id="00000000-0000-7000-8000-00000000c0de"))
            parsed.append(await adapter.send(again, link))
            return parsed, sum(1 for e in simulator.ledger.entries() if e.message_id == again.message_id)

    parsed, processed = asyncio.run(twice())
    assert isinstance(parsed[1].outcome, Unknown)
    assert processed == 1


def test_send_to_nobody_is_retry_later(adapter: Adapter, samples: Conformance, manifest: Manifest) -> None:
    simulated(manifest)
    parsed = asyncio.run(send_to(adapter, samples, f"http://127.0.0.1:{closed_port()}"))
    assert isinstance(parsed.outcome, RetryLater), parsed.outcome


def test_lookup_of_nobody_says_nothing(adapter: Adapter, samples: Conformance, manifest: Manifest) -> None:
    """A lookup that was not asked says nothing of the message: it is asked again, and never permits a resend."""
    simulated(manifest)

    async def look() -> Parsed:
        async with link_to(f"http://127.0.0.1:{closed_port()}", samples) as link:
            return await adapter.lookup(samples.requests[0].operation, adapter.render(samples.requests[0]), link)

    outcome = asyncio.run(look()).outcome
    assert isinstance(outcome, Unknown | RetryLater), outcome


def test_send_can_be_cancelled(adapter: Adapter, samples: Conformance, manifest: Manifest) -> None:
    async def cancel() -> tuple[bool, int]:
        async with serve(simulated(manifest), samples, "") as simulator, link_to(simulator.url, samples) as link:
            simulator.hold()
            task = asyncio.create_task(adapter.send(adapter.render(samples.requests[0]), link))
            while not simulator.held:  # noqa: ASYNC110  - the server's own counter, no event of ours
                await asyncio.sleep(0.005)
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.wait_for(task, 2)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(2):
                    while simulator.connections:  # noqa: ASYNC110  - as above
                        await asyncio.sleep(0.005)
            return task.cancelled(), simulator.connections

    ended, connections = asyncio.run(asyncio.wait_for(cancel(), 10))
    assert ended, "a cancelled send has to end, by CancelledError"
    assert connections == 0, (
        "a cancelled send has to close its connection: the answer that is still to come is not the next one's"
    )


def test_documents_are_carried(adapter: Adapter, samples: Conformance, manifest: Manifest) -> None:
    simulated(manifest)
    given = next((request for request in samples.requests if request.documents), None)
    if given is None:
        pytest.skip("no sample request carries a document")
    content = bytes(range(256)) * (_LARGE // 256)
    large = replace(given.documents[0], digest=hashlib.sha256(content).hexdigest(), size=len(content))
    request = replace(given, input=_with(given.input, given.documents[0].digest, large.digest), documents=(large,))

    async def run(contents: dict[str, bytes]) -> tuple[Parsed, list[bytes], list[Entry]]:
        async with serve(manifest, samples, "") as simulator:
            calls = heard(simulator)
            async with lend(simulator.url, secrets=samples.secrets, documents=contents, timeout_secs=30) as link:
                parsed = await adapter.send(adapter.render(request), link)
            return parsed, [call.raw for call in calls], list(simulator.ledger.entries())

    parsed, raws, entries = asyncio.run(run({large.digest: content}))
    assert not isinstance(parsed.outcome, Unknown | RetryLater | Invalid | Misconfigured), parsed.outcome
    assert [e.message_id for e in entries] == [request.message_id]
    assert content in raws[0] or base64.b64encode(content) in b"".join(raws[0].split()), "the document arrives whole"
    parsed, raws, entries = asyncio.run(run({}))
    assert isinstance(parsed.outcome, RetryLater), f"a document that cannot be fetched: nothing was sent; not {parsed.outcome}"
    assert (raws, entries) == ([], [])


def _with(value: Any, old: str, new: str) -> Any:
    """Return ``value`` with ``old`` replaced in every text of it."""
    if isinstance(value, str):
        return value.replace(old, new)
    if isinstance(value, Mapping):
        return {key: _with(inner, old, new) for key, inner in value.items()}
    return [_with(inner, old, new) for inner in value] if isinstance(value, list) else value


def test_probe_changes_nothing(adapter: Adapter, samples: Conformance, manifest: Manifest) -> None:
    async def probe() -> tuple[bool, bool, int]:
        async with serve(simulated(manifest), samples, "") as simulator:
            async with link_to(simulator.url, samples) as link:
                well = await adapter.probe(link)
            async with link_to(f"http://127.0.0.1:{closed_port()}", samples) as link:
                down = await adapter.probe(link)
            return well.ok, down.ok, len(list(simulator.ledger.entries()))

    assert asyncio.run(probe()) == (True, False, 0)
