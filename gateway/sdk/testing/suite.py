"""The rules that every adapter keeps, one test a rule. A test's name without ``test_`` is the rule's name in waivers."""

# ruff: noqa: S101  - assert is how tests speak

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import logging
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from gateway.domain.agency import Agency
from gateway.domain.outcomes import (
    OUTCOMES,
    Accepted,
    Completed,
    Invalid,
    NeedsApplicant,
    NotThere,
    Progress,
    Redirected,
    Refused,
    RetryLater,
    Unknown,
    outcome_from_json,
    outcome_to_json,
)
from gateway.sdk.adapter import Adapter, Manifest, Message, Parsed, Reply
from gateway.sdk.errors import CallbackRefused, MessageInvalid
from gateway.sdk.link import Link
from gateway.sdk.simulator import Simulator, SimulatorOptions
from gateway.sdk.testing.conformance import Conformance
from gateway.sdk.testing.doubles import FixedSecrets, lend
from gateway.sdk.testing.enrol import Enrolled
from gateway.sdk.testing.hostile import HOSTILE_BODIES, HOSTILE_STATUSES, HOSTILE_TYPES

_CLOSED = tuple(OUTCOMES.values())
#: What only an agency can say, and only by a reply that its contract describes.
_SAID_BY_AGENCY = (Completed, Refused, Accepted, Progress, NeedsApplicant, Redirected, RetryLater, NotThere)
_NONSENSE: tuple[Any, ...] = (None, [], "text", 7, True, {}, {"unknown": {}}, {"a": float("inf")}, [[[]]], {"a": "\ud800"})
_RULES = frozenset(
    {
        "contract_is_clean",
        "broken_contract_is_told",
        "render_is_deterministic",
        "render_refuses_what_breaks_the_schema",
        "good_replies_are_understood",
        "hostile_replies_never_raise",
        "lookups_are_understood",
        "callbacks_are_read",
        "hostile_callbacks_are_refused",
        "send_tells_what_the_agency_said",
        "send_after_the_effect_is_unknown",
        "send_never_resends_by_itself",
        "send_to_nobody_is_retry_later",
        "lookup_of_nobody_says_nothing",
        "send_can_be_cancelled",
        "slow_agency_is_unknown",
        "unreadable_answer_is_no_success",
        "agency_out_of_service_is_no_success",
        "probe_changes_nothing",
        "secrets_stay_secret",
        "no_database_is_imported",
    }
)


# -- fixtures ------------------------------------------------------------------------------------------------------


@pytest.fixture
def manifest(enrolled: Enrolled, request: pytest.FixtureRequest) -> Manifest:
    """The adapter's manifest; skips the rules that it waives with a reason."""
    found = enrolled.manifest()
    rule = getattr(request.node, "originalname", request.node.name).removeprefix("test_")
    if rule in found.waivers:
        if not found.waivers[rule].strip():
            pytest.fail(f"{enrolled.name} waives {rule} without a reason")
        pytest.skip(f"waived: {found.waivers[rule]}")
    return found


@pytest.fixture
def samples(enrolled: Enrolled) -> Conformance:
    """What the adapter brings."""
    return enrolled.conformance()


@pytest.fixture
def adapter(manifest: Manifest, samples: Conformance) -> Adapter:
    """The adapter, made for its own contract."""
    return manifest.make(samples.agency)


# -- the contract --------------------------------------------------------------------------------------------------


def test_waivers_have_a_rule_and_a_reason(enrolled: Enrolled) -> None:
    waivers = enrolled.manifest().waivers
    assert set(waivers) <= _RULES, f"there are no such rules: {sorted(set(waivers) - _RULES)}"
    assert all(reason.strip() for reason in waivers.values())


def test_contract_is_clean(adapter: Adapter) -> None:
    assert adapter.check() == []


def test_broken_contract_is_told(manifest: Manifest, samples: Conformance) -> None:
    if not samples.agency.contract:
        pytest.skip("the adapter has no contract file")
    for broken in _broken_contracts(samples.agency):
        made = manifest.make(broken)
        flaws = made.check()
        assert flaws, "a contract that cannot be read has to be told"
        assert all(flaw.file and flaw.expected and flaw.fix for flaw in flaws)
        for request in samples.requests:
            with pytest.raises(MessageInvalid):
                made.render(request)
            parsed = made.parse(Reply(request.operation, 200, {}, b"{}"))
            assert isinstance(parsed.outcome, Invalid | Unknown)


# -- messages ------------------------------------------------------------------------------------------------------


def test_render_is_deterministic(manifest: Manifest, samples: Conformance, enrolled: Enrolled) -> None:
    rendered = [_digest(manifest.make(samples.agency).render(request)) for request in samples.requests]
    assert rendered == [_digest(manifest.make(samples.agency).render(request)) for request in samples.requests]
    # Another process has other hash seeds, and another order of sets.
    assert _in_process(_RENDER, enrolled.name) == rendered
    for request in samples.requests:
        message = manifest.make(samples.agency).render(request)
        assert message.message_id == request.message_id
        assert message.operation == request.operation
        assert isinstance(message.body, bytes)
        json.dumps([dict(message.options), dict(message.headers)])
        assert {d.digest for d in message.documents} <= {d.digest for d in request.documents}


def test_render_refuses_what_breaks_the_schema(adapter: Adapter, samples: Conformance) -> None:
    for request in samples.invalid:
        with pytest.raises(MessageInvalid) as refused:
            adapter.render(request)
        assert refused.value.reason
    for request in samples.requests:
        for product in _NONSENSE:
            with contextlib.suppress(MessageInvalid):
                assert isinstance(adapter.render(replace(request, input=product)), Message)
    with pytest.raises(MessageInvalid):
        adapter.render(replace(samples.requests[0], operation="noSuchOperation"))


# -- replies -------------------------------------------------------------------------------------------------------


def test_good_replies_are_understood(adapter: Adapter, samples: Conformance) -> None:
    for sample in samples.replies:
        parsed = adapter.parse(sample.reply)
        assert isinstance(parsed.outcome, sample.outcome), f"{sample.reply}: {parsed.outcome}"
        _closed(parsed)
        assert parsed == adapter.parse(sample.reply)


def test_hostile_replies_never_raise(adapter: Adapter, samples: Conformance, manifest: Manifest) -> None:
    for reply in _hostile_replies(samples):
        parsed = adapter.parse(reply)
        _closed(parsed)
        assert not isinstance(parsed.outcome, NotThere), reply.status
        if not manifest.people:
            _not_said_by_agency(parsed, reply)
        for sample in samples.lookups:
            looked = adapter.parse_lookup(sample.looked_up, replace(reply, operation=sample.reply.operation))
            _closed(looked)
            _not_said_by_agency(looked, reply)


def test_lookups_are_understood(adapter: Adapter, samples: Conformance) -> None:
    for sample in samples.lookups:
        parsed = adapter.parse_lookup(sample.looked_up, sample.reply)
        assert isinstance(parsed.outcome, sample.outcome), f"{sample.reply}: {parsed.outcome}"
        _closed(parsed)
    assert isinstance(adapter.parse_lookup("noSuchOperation", Reply("noSuch", 200, {}, b"{}")).outcome, Unknown)


# -- callbacks -----------------------------------------------------------------------------------------------------


def test_callbacks_are_read(adapter: Adapter, samples: Conformance) -> None:
    for sample in samples.callbacks:
        callback = adapter.read_callback(sample.name, sample.headers, sample.body)
        assert isinstance(callback.parsed.outcome, sample.outcome)
        _closed(callback.parsed)
        assert callback.name == sample.name
        assert (callback.reference, callback.message_id) == (sample.reference, sample.message_id)
        assert callback == adapter.read_callback(sample.name, sample.headers, sample.body)
        assert 200 <= adapter.answer_callback(callback).status < 300


def test_hostile_callbacks_are_refused(adapter: Adapter, samples: Conformance) -> None:
    names = {sample.name for sample in samples.callbacks} | {"noSuchCallback", ""}
    for what, body in HOSTILE_BODIES.items():
        for kind in HOSTILE_TYPES:
            for name in names:
                with pytest.raises(CallbackRefused) as refused:
                    adapter.read_callback(name, {"Content-Type": kind}, body)
                answer = adapter.refuse_callback(refused.value, 422)
                assert answer.status >= 400, what
                assert answer.body
            with contextlib.suppress(CallbackRefused):
                assert adapter.callback_name(kind, body) in names
    for status in (400, 401, 404, 413, 500):
        assert adapter.refuse_callback(RuntimeError("not for the agency"), status).body.find(b"not for the agency") == -1


# -- sending -------------------------------------------------------------------------------------------------------


def test_send_tells_what_the_agency_said(adapter: Adapter, samples: Conformance, manifest: Manifest) -> None:
    parsed, simulator = _send(adapter, samples, manifest)
    assert isinstance(parsed.outcome, samples.sent), parsed.outcome
    _closed(parsed)
    if simulator is not None:
        assert [e.message_id for e in simulator.ledger.entries()] == [samples.requests[0].message_id]


def test_send_after_the_effect_is_unknown(adapter: Adapter, samples: Conformance, manifest: Manifest) -> None:
    for fault in ("reset-after=1", "error-after=1"):
        parsed, simulator = _send(adapter, samples, _simulated(manifest), fault)
        assert isinstance(parsed.outcome, Unknown), (fault, parsed.outcome)
        assert simulator is not None
        assert [e.effect for e in simulator.ledger.entries()] == [True]


def test_send_never_resends_by_itself(adapter: Adapter, samples: Conformance, manifest: Manifest) -> None:
    async def twice() -> tuple[list[Parsed], int]:
        async with _serve(_simulated(manifest), samples, "") as simulator, _link(simulator.url, samples) as link:
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
    _simulated(manifest)
    parsed = asyncio.run(_send_to(adapter, samples, f"http://127.0.0.1:{_closed_port()}"))
    assert isinstance(parsed.outcome, RetryLater), parsed.outcome


def test_lookup_of_nobody_says_nothing(adapter: Adapter, samples: Conformance, manifest: Manifest) -> None:
    """A lookup that was not asked says nothing of the message: it is asked again, and never permits a resend."""
    _simulated(manifest)

    async def look() -> Parsed:
        async with _link(f"http://127.0.0.1:{_closed_port()}", samples) as link:
            return await adapter.lookup(samples.requests[0].operation, adapter.render(samples.requests[0]), link)

    outcome = asyncio.run(look()).outcome
    assert isinstance(outcome, Unknown | RetryLater), outcome


def test_send_can_be_cancelled(adapter: Adapter, samples: Conformance, manifest: Manifest) -> None:
    async def cancel() -> bool:
        async with _serve(_simulated(manifest), samples, "") as simulator, _link(simulator.url, samples) as link:
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
    parsed, _ = _send(adapter, samples, _simulated(manifest), "slow=30s", timeout_secs=0.4)
    assert isinstance(parsed.outcome, Unknown), parsed.outcome


def test_unreadable_answer_is_no_success(adapter: Adapter, samples: Conformance, manifest: Manifest) -> None:
    parsed, _ = _send(adapter, samples, _simulated(manifest), "malformed=1")
    assert isinstance(parsed.outcome, Unknown | Invalid), parsed.outcome


def test_agency_out_of_service_is_no_success(adapter: Adapter, samples: Conformance, manifest: Manifest) -> None:
    parsed, simulator = _send(adapter, samples, _simulated(manifest), "error=1")
    assert isinstance(parsed.outcome, Unknown | RetryLater), parsed.outcome
    assert simulator is not None
    assert not any(e.effect for e in simulator.ledger.entries())


def test_probe_changes_nothing(adapter: Adapter, samples: Conformance, manifest: Manifest) -> None:
    async def probe() -> tuple[bool, bool, int]:
        async with _serve(_simulated(manifest), samples, "") as simulator:
            async with _link(simulator.url, samples) as link:
                well = await adapter.probe(link)
            async with _link(f"http://127.0.0.1:{_closed_port()}", samples) as link:
                down = await adapter.probe(link)
            return well.ok, down.ok, len(list(simulator.ledger.entries()))

    assert asyncio.run(probe()) == (True, False, 0)


# -- what must not be ----------------------------------------------------------------------------------------------


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
            parsed, _ = _send(adapter, samples, manifest, fault)
            told.append(repr(parsed))
        told.append(repr(asyncio.run(_send_to(adapter, samples, f"http://127.0.0.1:{_closed_port()}"))))
    told += [caplog.text, *capfd.readouterr()]
    for secret in samples.secrets.values():
        assert not any(secret in text for text in told)


def test_no_database_is_imported(enrolled: Enrolled, manifest: Manifest) -> None:
    loaded = _in_process(_IMPORTED, enrolled.name)
    assert manifest is not None
    assert [m for m in loaded if m.startswith(("sqlalchemy", "asyncpg", "aiosqlite", "alembic", "gateway.storage"))] == []


# -- helpers -------------------------------------------------------------------------------------------------------

_RENDER = """
import json, sys
from gateway.sdk.testing.enrol import find_adapters
from gateway.sdk.testing.suite import _digest
found = next(a for a in find_adapters() if a.name == sys.argv[1])
samples = found.conformance()
print(json.dumps([_digest(found.manifest().make(samples.agency).render(r)) for r in samples.requests]))
"""
_IMPORTED = """
import json, sys
from importlib.metadata import entry_points
next(e for e in entry_points(group="darcha.adapters") if e.name == sys.argv[1]).load()
print(json.dumps(sorted(sys.modules)))
"""


def _in_process(code: str, *arguments: str) -> list[str]:
    done = subprocess.run(  # noqa: S603  - our own code
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        check=False,
        timeout=60,
        env={**os.environ, "PYTHONHASHSEED": "4711"},
    )
    assert done.returncode == 0, done.stderr.decode()
    read: list[str] = json.loads(done.stdout)
    return read


def _digest(message: Message) -> str:
    parts = (message.body, message.content_type, message.method, message.path, sorted(message.headers.items()))
    more = (message.documents, sorted(message.options.items()), message.message_id, message.operation)
    return hashlib.sha256(repr((parts, more)).encode()).hexdigest()


def _broken_contracts(agency: Agency) -> Iterator[Agency]:
    rest = {name: content for name, content in agency.files.items() if name != agency.contract}
    yield replace(agency, files=rest)
    for content in (b"", b"\xff\xfe\x00", b"<a", b"a: [", b"{}", b"<definitions/>", HOSTILE_BODIES["entity_bomb"]):
        yield replace(agency, files={**rest, agency.contract: content})


def _hostile_replies(samples: Conformance) -> Iterator[Reply]:
    operation = samples.requests[0].operation
    for what, body in HOSTILE_BODIES.items():
        # Every body under every kind of status would take minutes with the large ones, and say nothing more.
        statuses = HOSTILE_STATUSES if len(body) < 10_000 else (200, 503)
        kinds = HOSTILE_TYPES if len(body) < 10_000 else ("application/json", "text/xml")
        for status in statuses:
            for kind in kinds:
                yield Reply(operation, status, {"content-type": kind, "x-what": what, "retry-after": "\x00"}, body)
    yield from samples.strange


def _closed(parsed: Parsed) -> None:
    assert isinstance(parsed, Parsed)
    assert isinstance(parsed.outcome, _CLOSED)
    carried = json.loads(json.dumps(outcome_to_json(parsed.outcome)))
    assert outcome_to_json(outcome_from_json(carried)) == outcome_to_json(parsed.outcome)
    for digest, content in parsed.blobs.items():
        assert hashlib.sha256(content).hexdigest() == digest
    named = {d.digest for d in getattr(parsed.outcome, "documents", ())}
    assert set(parsed.blobs) == named, "the documents of an outcome and their contents belong together"


def _not_said_by_agency(parsed: Parsed, reply: Reply) -> None:
    # 204 has no body by its nature: a contract that describes it means it.
    if reply.status != 204:
        assert not isinstance(parsed.outcome, _SAID_BY_AGENCY), (reply.status, dict(reply.headers), parsed.outcome)


def _simulated(manifest: Manifest) -> Manifest:
    if manifest.people:
        pytest.skip("answered by people: there is nothing to send to")
    if manifest.simulator is None:
        pytest.fail("the adapter has no simulator; bring one, or waive the rule with a reason")
    return manifest


def _closed_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
    return port


def _link(endpoint: str, samples: Conformance, timeout_secs: float = 5.0) -> contextlib.AbstractAsyncContextManager[Link]:
    return lend(endpoint, secrets=samples.secrets, documents=samples.documents, timeout_secs=timeout_secs)


@contextlib.asynccontextmanager
async def _serve(manifest: Manifest, samples: Conformance, faults: str) -> Any:
    assert manifest.simulator is not None
    simulator: Simulator = manifest.simulator(
        samples.agency,
        SimulatorOptions(faults=faults, callback_base="http://127.0.0.1:9", secrets=FixedSecrets(samples.secrets)),
    )
    await simulator.start()
    try:
        yield simulator
    finally:
        await simulator.stop()


async def _send_to(adapter: Adapter, samples: Conformance, endpoint: str, timeout_secs: float = 5.0) -> Parsed:
    async with _link(endpoint, samples, timeout_secs) as link:
        return await adapter.send(adapter.render(samples.requests[0]), link)


def _send(
    adapter: Adapter, samples: Conformance, manifest: Manifest, faults: str = "", timeout_secs: float = 5.0
) -> tuple[Parsed, Simulator | None]:
    async def run() -> tuple[Parsed, Simulator | None]:
        if manifest.simulator is None:
            assert manifest.people, "the adapter has no simulator; bring one, or waive the rule with a reason"
            return await _send_to(adapter, samples, "", timeout_secs), None
        async with _serve(manifest, samples, faults) as simulator:
            return await _send_to(adapter, samples, simulator.url, timeout_secs), simulator

    return asyncio.run(run())
