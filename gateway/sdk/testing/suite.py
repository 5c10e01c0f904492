"""The rules that every adapter keeps, one test a rule. A test's name without ``test_`` is the rule's name in waivers."""

# ruff: noqa: S101  - assert is how tests speak

from __future__ import annotations

import contextlib
import json
from dataclasses import replace

import pytest

from gateway.domain.agency import Agency, Operation
from gateway.domain.outcomes import Accepted, Completed, Invalid, NotThere, Unknown
from gateway.sdk.adapter import Adapter, Manifest, Message, Reply
from gateway.sdk.errors import CallbackRefused, MessageInvalid
from gateway.sdk.testing.conformance import Conformance
from gateway.sdk.testing.enrol import Enrolled
from gateway.sdk.testing.hostile import HOSTILE_BODIES, HOSTILE_TYPES
from gateway.sdk.testing.rules import RULES
from gateway.sdk.testing.sending import *  # noqa: F403  - more of the rules
from gateway.sdk.testing.trials import (
    IMPORTED,
    NONSENSE,
    RENDER,
    assert_closed,
    assert_not_said_by_agency,
    broken_contracts,
    hostile_replies,
    in_process,
    message_digest,
)
from gateway.sdk.testing.troubles import *  # noqa: F403  - as above
from gateway.sdk.testing.watching import *  # noqa: F403  - as above

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
    assert set(waivers) <= set(RULES), f"there are no such rules: {sorted(set(waivers) - set(RULES))}"
    assert all(reason.strip() for reason in waivers.values())


def test_contract_is_clean(adapter: Adapter) -> None:
    assert adapter.check() == []


def test_broken_contract_is_told(manifest: Manifest, samples: Conformance) -> None:
    if not samples.agency.contract:
        pytest.skip("the adapter has no contract file")
    for broken in broken_contracts(samples.agency):
        made = manifest.make(broken)
        flaws = made.check()
        assert flaws, "a contract that cannot be read has to be told"
        assert all(flaw.file and flaw.expected and flaw.fix for flaw in flaws)
        for request in samples.requests:
            with pytest.raises(MessageInvalid):
                made.render(request)
            parsed = made.parse(Reply(request.operation, 200, {}, b"{}"))
            assert isinstance(parsed.outcome, Invalid | Unknown)


def test_draft_finds_every_operation(manifest: Manifest, samples: Conformance) -> None:
    agency = samples.agency
    if manifest.draft is None:
        pytest.skip("the adapter onboards no contract")
    draft = manifest.draft(agency.files, [agency.contract], [])
    usable = {operation.name: operation for operation in draft.operations if not operation.problem}
    found = {*usable, *(operation.found_as for operation in usable.values())}
    wanted = {str(operation.options.get("operation", id_)) for id_, operation in agency.operations.items()}
    assert wanted <= found, f"not found: {sorted(wanted - found)}; problems: {[o.problem for o in draft.operations if o.problem]}"
    operations = {name: Operation(name, idempotent=o.idempotent, options=o.options) for name, o in usable.items()}
    made = manifest.make(
        Agency(
            agency.id, agency.title, agency.adapter, operations, contract=draft.contract, files=draft.files, options=draft.options
        )
    )
    assert made.check() == []
    for name, operation in usable.items():
        example = replace(samples.requests[0], operation=name, input=operation.request, documents=())
        assert isinstance(made.render(example), Message)


# -- messages ------------------------------------------------------------------------------------------------------


def test_render_is_deterministic(manifest: Manifest, samples: Conformance, enrolled: Enrolled) -> None:
    rendered = [message_digest(manifest.make(samples.agency).render(request)) for request in samples.requests]
    assert rendered == [message_digest(manifest.make(samples.agency).render(request)) for request in samples.requests]
    # Another process has other hash seeds, and another order of sets.
    assert in_process(RENDER, enrolled.name) == rendered
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
        for product in NONSENSE:
            with contextlib.suppress(MessageInvalid):
                assert isinstance(adapter.render(replace(request, input=product)), Message)
    with pytest.raises(MessageInvalid):
        adapter.render(replace(samples.requests[0], operation="noSuchOperation"))


# -- replies -------------------------------------------------------------------------------------------------------


def test_good_replies_are_understood(adapter: Adapter, samples: Conformance) -> None:
    for sample in samples.replies:
        parsed = adapter.parse(sample.reply)
        assert isinstance(parsed.outcome, sample.outcome), f"{sample.reply}: {parsed.outcome}"
        assert_closed(parsed)
        assert parsed == adapter.parse(sample.reply)


def test_duplicates_count_as_sent(adapter: Adapter, samples: Conformance, manifest: Manifest) -> None:
    if manifest.people:
        pytest.skip("a task that is put up twice is one task")
    assert samples.duplicates, "bring an answer that says the agency knows the message already, or waive the rule with a reason"
    for sample in samples.duplicates:
        parsed = adapter.parse(sample.reply)
        assert isinstance(parsed.outcome, sample.outcome), f"{sample.reply}: {parsed.outcome}"
        assert isinstance(parsed.outcome, Accepted | Completed), f"what the agency knows was sent: {parsed.outcome}"


def test_hostile_replies_never_raise(adapter: Adapter, samples: Conformance, manifest: Manifest) -> None:
    for reply in hostile_replies(samples):
        parsed = adapter.parse(reply)
        assert_closed(parsed)
        assert not isinstance(parsed.outcome, NotThere), reply.status
        if not manifest.people:
            assert_not_said_by_agency(parsed, reply)
        for sample in samples.lookups:
            looked = adapter.parse_lookup(sample.looked_up, replace(reply, operation=sample.reply.operation))
            assert_closed(looked)
            assert_not_said_by_agency(looked, reply)


def test_lookups_are_understood(adapter: Adapter, samples: Conformance) -> None:
    for sample in samples.lookups:
        parsed = adapter.parse_lookup(sample.looked_up, sample.reply)
        assert isinstance(parsed.outcome, sample.outcome), f"{sample.reply}: {parsed.outcome}"
        assert_closed(parsed)
    assert isinstance(adapter.parse_lookup("noSuchOperation", Reply("noSuch", 200, {}, b"{}")).outcome, Unknown)


# -- callbacks -----------------------------------------------------------------------------------------------------


def test_callbacks_are_read(adapter: Adapter, samples: Conformance) -> None:
    for sample in samples.callbacks:
        callback = adapter.read_callback(sample.name, sample.headers, sample.body)
        assert isinstance(callback.parsed.outcome, sample.outcome)
        assert_closed(callback.parsed)
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


# -- what must not be ----------------------------------------------------------------------------------------------


def test_no_database_is_imported(enrolled: Enrolled, manifest: Manifest) -> None:
    loaded = in_process(IMPORTED, enrolled.name)
    assert manifest is not None
    assert [m for m in loaded if m.startswith(("sqlalchemy", "asyncpg", "aiosqlite", "alembic", "gateway.storage"))] == []
