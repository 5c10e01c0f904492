"""The rules of sending: each against the adapter's own simulator, over real HTTP. Part of ``suite``."""

# ruff: noqa: S101  - assert is how tests speak

from __future__ import annotations

import asyncio
import contextlib
import logging
from dataclasses import replace

import pytest

from gateway.domain.outcomes import Invalid, RetryLater, Unknown
from gateway.sdk.adapter import Adapter, Manifest, Parsed
from gateway.sdk.testing.conformance import Conformance
from gateway.sdk.testing.trials import assert_closed, closed_port, link_to, send, send_to, serve, simulated


def test_send_tells_what_the_agency_said(adapter: Adapter, samples: Conformance, manifest: Manifest) -> None:
    parsed, simulator = send(adapter, samples, manifest)
    assert isinstance(parsed.outcome, samples.sent), parsed.outcome
    assert_closed(parsed)
    if simulator is not None:
        assert [e.message_id for e in simulator.ledger.entries()] == [samples.requests[0].message_id]


def test_send_after_the_effect_is_unknown(adapter: Adapter, samples: Conformance, manifest: Manifest) -> None:
    for fault in ("reset-after=1", "error-after=1"):
        parsed, simulator = send(adapter, samples, simulated(manifest), fault)
        assert isinstance(parsed.outcome, Unknown), (fault, parsed.outcome)
        assert simulator is not None
        assert [e.effect for e in simulator.ledger.entries()] == [True]


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
    async def cancel() -> bool:
        async with serve(simulated(manifest), samples, "") as simulator, link_to(simulator.url, samples) as link:
            simulator.hold()
            task = asyncio.create_task(adapter.send(adapter.render(samples.requests[0]), link))
            while not simulator.held:  # noqa: ASYNC110  - the server's own counter, no event of ours
                await asyncio.sleep(0.005)
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.wait_for(task, 2)
            return task.cancelled()

    assert asyncio.run(asyncio.wait_for(cancel(), 10)), "a cancelled send has to end, by CancelledError"


def test_slow_agency_is_unknown(adapter: Adapter, samples: Conformance, manifest: Manifest) -> None:
    parsed, _ = send(adapter, samples, simulated(manifest), "slow=30s", timeout_secs=0.4)
    assert isinstance(parsed.outcome, Unknown), parsed.outcome


def test_unreadable_answer_is_no_success(adapter: Adapter, samples: Conformance, manifest: Manifest) -> None:
    parsed, _ = send(adapter, samples, simulated(manifest), "malformed=1")
    assert isinstance(parsed.outcome, Unknown | Invalid), parsed.outcome


def test_agency_out_of_service_is_no_success(adapter: Adapter, samples: Conformance, manifest: Manifest) -> None:
    parsed, simulator = send(adapter, samples, simulated(manifest), "error=1")
    assert isinstance(parsed.outcome, Unknown | RetryLater), parsed.outcome
    assert simulator is not None
    assert not any(e.effect for e in simulator.ledger.entries())


def test_probe_changes_nothing(adapter: Adapter, samples: Conformance, manifest: Manifest) -> None:
    async def probe() -> tuple[bool, bool, int]:
        async with serve(simulated(manifest), samples, "") as simulator:
            async with link_to(simulator.url, samples) as link:
                well = await adapter.probe(link)
            async with link_to(f"http://127.0.0.1:{closed_port()}", samples) as link:
                down = await adapter.probe(link)
            return well.ok, down.ok, len(list(simulator.ledger.entries()))

    assert asyncio.run(probe()) == (True, False, 0)


def test_secrets_stay_secret(
    adapter: Adapter,
    samples: Conformance,
    manifest: Manifest,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    told: list[str] = [repr(adapter.render(request)) for request in samples.requests]
    with caplog.at_level(logging.DEBUG):
        for fault in ("", "error=1", "reset-after=1", "malformed=1"):
            parsed, _ = send(adapter, samples, manifest, fault)
            told.append(repr(parsed))
        told.append(repr(asyncio.run(send_to(adapter, samples, f"http://127.0.0.1:{closed_port()}"))))
    told += [caplog.text, *capfd.readouterr()]
    for secret in samples.secrets.values():
        assert not any(secret in text for text in told)
