"""The rules about what others see of an adapter: traces, exchanges, and no secrets. Part of ``suite``."""

# ruff: noqa: S101  - assert is how tests speak

from __future__ import annotations

import asyncio
import base64
import contextlib
import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final
from urllib.parse import quote

import pytest

from gateway.sdk.adapter import Adapter, Manifest, Reply
from gateway.sdk.errors import CallbackRefused, MessageInvalid
from gateway.sdk.link import Exchange, unobserved
from gateway.sdk.testing.conformance import Conformance
from gateway.sdk.testing.doubles import lend
from gateway.sdk.testing.trials import NONSENSE, closed_port, heard, send, send_to, serve, simulated

_TRACE: Final = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def test_trace_reaches_the_agency(adapter: Adapter, samples: Conformance, manifest: Manifest) -> None:
    async def run() -> list[str]:
        async with serve(simulated(manifest), samples, "") as simulator:
            calls = heard(simulator)
            await _send(adapter, samples, simulator.url, traceparent=_TRACE)
            return [call.headers.get("traceparent", "") for call in calls]

    assert asyncio.run(run()) == [_TRACE], "the agency is told link.traceparent, as a header or in the protocol's own place"


def test_exchanges_are_told(adapter: Adapter, samples: Conformance, manifest: Manifest) -> None:
    async def run(faults: str) -> list[Exchange]:
        seen: list[Exchange] = []
        async with serve(simulated(manifest), samples, faults) as simulator:
            await _send(adapter, samples, simulator.url, observe=seen.append)
        return seen

    (good,) = asyncio.run(run(""))
    assert good.sent_bytes > 0, "the body of the message counts"
    assert good.status > 0
    assert good.seconds > 0
    (lost,) = asyncio.run(run("reset-after=1"))
    assert (lost.sent_bytes > 0, lost.received_bytes, lost.status) == (True, 0, 0), "no whole answer came"
    seen: list[Exchange] = []
    asyncio.run(_send(adapter, samples, f"http://127.0.0.1:{closed_port()}", observe=seen.append))
    assert [(e.sent_bytes, e.received_bytes, e.status) for e in seen] == [(0, 0, 0)], "nothing left"


def test_secrets_stay_secret(
    adapter: Adapter,
    samples: Conformance,
    manifest: Manifest,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    if str(samples.agency.auth.get("kind", "none")) != "none":
        assert samples.secrets, "the contract authenticates: bring its secrets, that they can be looked for"
    told: list[str] = [repr(adapter), repr(adapter.check())]
    with caplog.at_level(logging.DEBUG):
        told += _pure(adapter, samples)
        for fault in ("", "error=1", "error-after=1", "fault-after=1", "reset-after=1", "malformed=1"):
            told.append(repr(send(adapter, samples, manifest, fault)[0]))
        nobody = f"http://127.0.0.1:{closed_port()}"
        told.append(repr(asyncio.run(send_to(adapter, samples, nobody))))
        told += asyncio.run(_probed(adapter, samples, nobody, manifest))
        told += [f"{record.getMessage()} {record.exc_info} {vars(record)}" for record in caplog.records]
    told += [caplog.text, *capfd.readouterr()]
    for reference, secret in samples.secrets.items():
        for form in _forms(secret):
            assert not any(form in text for text in told), f"{reference} is told: {next(t for t in told if form in t)[:2000]}"


async def _send(
    adapter: Adapter, samples: Conformance, url: str, *, traceparent: str = "", observe: Callable[[Exchange], None] = unobserved
) -> None:
    lent = lend(url, secrets=samples.secrets, documents=samples.documents, traceparent=traceparent, observe=observe)
    async with lent as link:
        await adapter.send(adapter.render(samples.requests[0]), link)


def _pure(adapter: Adapter, samples: Conformance) -> Iterator[str]:
    """Yield what is made without a link, mistakes included."""
    for request in samples.requests:
        yield repr(adapter.render(request))
        for product in NONSENSE:
            with contextlib.suppress(MessageInvalid):
                yield repr(adapter.render(replace(request, input=product)))
    for status in (200, 401, 403, 500):
        yield repr(adapter.parse(Reply(samples.requests[0].operation, status, {}, b"?")))
    for callback in (CallbackRefused("/a", "schema", "wrong"), RuntimeError("a bug")):
        yield repr(adapter.refuse_callback(callback, 400))


async def _probed(adapter: Adapter, samples: Conformance, nobody: str, manifest: Manifest) -> list[str]:
    """Return what probes and lookups say, of an agency that is there and of one that is not."""
    told: list[str] = []

    async def ask(url: str) -> None:
        async with lend(url, secrets=samples.secrets, documents=samples.documents) as link:
            told.append(repr(await adapter.probe(link)))
            message = adapter.render(samples.requests[0])
            told.append(repr(await adapter.lookup(samples.requests[0].operation, message, link)))

    await ask(nobody)
    if manifest.simulator is not None:
        async with serve(manifest, samples, "") as simulator:
            await ask(simulator.url)
    return told


def _forms(secret: str) -> set[str]:
    """Return how a secret may stand somewhere: plain, quoted for an address, or within base64 at any offset."""
    forms = {secret, quote(secret, safe="")}
    for offset in range(3):
        encoded = base64.b64encode(b"\0" * offset + secret.encode()).decode()
        # The first characters depend on what stands before, the last ones on what follows.
        forms.add(encoded[4 if offset else 0 :].rstrip("=")[:-1])
    return {form for form in forms if len(form) >= 6}
