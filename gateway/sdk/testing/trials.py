"""What the rules of the conformance kit are tried by: checks of a parsed reply, a served simulator, another process."""

# ruff: noqa: S101  - assert is how tests speak

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest

from gateway.domain.agency import Agency
from gateway.domain.outcomes import (
    OUTCOMES,
    Accepted,
    Completed,
    NeedsApplicant,
    NotThere,
    Progress,
    Redirected,
    Refused,
    RetryLater,
    outcome_from_json,
    outcome_to_json,
)
from gateway.sdk.adapter import Adapter, Manifest, Message, Parsed, Reply
from gateway.sdk.link import Link
from gateway.sdk.simulation.callbacks import Callbacks
from gateway.sdk.simulator import Call, Simulator, SimulatorOptions
from gateway.sdk.testing.conformance import Conformance
from gateway.sdk.testing.doubles import FixedSecrets, lend
from gateway.sdk.testing.hostile import HOSTILE_BODIES, HOSTILE_STATUSES, HOSTILE_TYPES

_CLOSED = tuple(OUTCOMES.values())
#: What only an agency can say, and only by a reply that its contract describes.
_SAID_BY_AGENCY = (Completed, Refused, Accepted, Progress, NeedsApplicant, Redirected, RetryLater, NotThere)
NONSENSE: tuple[Any, ...] = (None, [], "text", 7, True, {}, {"unknown": {}}, {"a": float("inf")}, [[[]]], {"a": "\ud800"})
RENDER = """
import json, sys
from gateway.sdk.testing.enrol import find_adapters
from gateway.sdk.testing.trials import message_digest
found = next(a for a in find_adapters() if a.name == sys.argv[1])
samples = found.conformance()
print(json.dumps([message_digest(found.manifest().make(samples.agency).render(r)) for r in samples.requests]))
"""
IMPORTED = """
import json, sys
from importlib.metadata import entry_points
next(e for e in entry_points(group="darcha.adapters") if e.name == sys.argv[1]).load()
print(json.dumps(sorted(sys.modules)))
"""


def in_process(code: str, *arguments: str) -> list[str]:
    """Run ``code`` in a fresh interpreter with another hash seed and return the JSON list that it prints."""
    done = subprocess.run(  # noqa: S603  - our own code
        # -P and this process's own path: the adapter that is tried here, and not one that lies in the working folder.
        [sys.executable, "-P", "-c", code, *arguments],
        capture_output=True,
        check=False,
        timeout=60,
        env={**os.environ, "PYTHONHASHSEED": "4711", "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    assert done.returncode == 0, done.stderr.decode()
    read: list[str] = json.loads(done.stdout)
    return read


def message_digest(message: Message) -> str:
    """Return a digest of everything in a message."""
    parts = (message.body, message.content_type, message.method, message.path, sorted(message.headers.items()))
    more = (message.documents, sorted(message.options.items()), message.message_id, message.operation)
    return hashlib.sha256(repr((parts, more)).encode()).hexdigest()


def broken_contracts(agency: Agency) -> Iterator[Agency]:
    """Yield the agency with its contract gone, empty, hostile or of another kind."""
    rest = {name: content for name, content in agency.files.items() if name != agency.contract}
    yield replace(agency, files=rest)
    for content in (b"", b"\xff\xfe\x00", b"<a", b"a: [", b"{}", b"<definitions/>", HOSTILE_BODIES["entity_bomb"]):
        yield replace(agency, files={**rest, agency.contract: content})


def hostile_replies(samples: Conformance) -> Iterator[Reply]:
    """Yield what no agency of this contract would send."""
    operation = samples.requests[0].operation
    for what, body in HOSTILE_BODIES.items():
        # Every body under every kind of status would take minutes with the large ones, and say nothing more.
        statuses = HOSTILE_STATUSES if len(body) < 10_000 else (200, 503)
        kinds = HOSTILE_TYPES if len(body) < 10_000 else ("application/json", "text/xml")
        for status in statuses:
            for kind in kinds:
                yield Reply(operation, status, {"content-type": kind, "x-what": what, "retry-after": "\x00"}, body)
    yield from samples.strange


def assert_closed(parsed: Parsed) -> None:
    """The outcome is of the closed set, survives JSON, and its documents have their contents."""
    assert isinstance(parsed, Parsed)
    assert isinstance(parsed.outcome, _CLOSED)
    carried = json.loads(json.dumps(outcome_to_json(parsed.outcome)))
    assert outcome_to_json(outcome_from_json(carried)) == outcome_to_json(parsed.outcome)
    for digest, content in parsed.blobs.items():
        assert hashlib.sha256(content).hexdigest() == digest
    named = {d.digest for d in getattr(parsed.outcome, "documents", ())}
    assert set(parsed.blobs) == named, "the documents of an outcome and their contents belong together"


def assert_not_said_by_agency(parsed: Parsed, reply: Reply) -> None:
    """Nothing that only the agency itself can say was made of this reply."""
    # 204 has no body by its nature: a contract that describes it means it.
    if reply.status != 204:
        assert not isinstance(parsed.outcome, _SAID_BY_AGENCY), (reply.status, dict(reply.headers), parsed.outcome)


def simulated(manifest: Manifest) -> Manifest:
    """Return the manifest of an adapter that has a simulator; desks are skipped."""
    if manifest.people:
        pytest.skip("answered by people: there is nothing to send to")
    if manifest.simulator is None:
        pytest.fail("the adapter has no simulator; bring one, or waive the rule with a reason")
    return manifest


def closed_port() -> int:
    """Return a port on which nobody listens."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
    return port


def link_to(endpoint: str, samples: Conformance, timeout_secs: float = 5.0) -> contextlib.AbstractAsyncContextManager[Link]:
    """Lend a link with the secrets and documents of the samples."""
    return lend(endpoint, secrets=samples.secrets, documents=samples.documents, timeout_secs=timeout_secs)


@contextlib.asynccontextmanager
async def serve(manifest: Manifest, samples: Conformance, faults: str) -> AsyncIterator[Simulator]:
    """Serve the adapter's simulator on a free port."""
    assert manifest.simulator is not None
    simulator: Simulator = manifest.simulator(
        samples.agency,
        SimulatorOptions(faults=faults, callback_base="http://127.0.0.1:9", secrets=FixedSecrets(samples.secrets)),
    )
    simulator.callbacks = Callbacks(retry_after=())  # nobody is there to take them
    await simulator.start()
    try:
        yield simulator
    finally:
        await simulator.stop()


@dataclass(frozen=True, slots=True)
class Heard:
    """A call as it came over the wire."""

    headers: Mapping[str, str]
    raw: bytes


def heard(simulator: Simulator) -> list[Heard]:
    """Return a list that takes every call of the simulator from now on, readable or not."""
    usual, found = simulator.read, list[Heard]()

    def read(request: Any, raw: bytes) -> Call:
        found.append(Heard(request.headers, raw))
        return usual(request, raw)

    simulator.read = read  # type: ignore[method-assign]
    return found


async def send_to(adapter: Adapter, samples: Conformance, endpoint: str, timeout_secs: float = 5.0) -> Parsed:
    """Send the first sample to ``endpoint``."""
    async with link_to(endpoint, samples, timeout_secs) as link:
        return await adapter.send(adapter.render(samples.requests[0]), link)


def send(
    adapter: Adapter, samples: Conformance, manifest: Manifest, faults: str = "", timeout_secs: float = 5.0
) -> tuple[Parsed, Simulator | None]:
    """Send the first sample to the simulator with ``faults``; a desk has none, and is sent to nowhere."""

    async def run() -> tuple[Parsed, Simulator | None]:
        if manifest.simulator is None:
            assert manifest.people, "the adapter has no simulator; bring one, or waive the rule with a reason"
            return await send_to(adapter, samples, "", timeout_secs), None
        async with serve(manifest, samples, faults) as simulator:
            return await send_to(adapter, samples, simulator.url, timeout_secs), simulator

    return asyncio.run(run())
