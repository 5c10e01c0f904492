"""The conformance kit finds what it is there to find: adapters that break one rule each."""

import base64
from dataclasses import fields, replace
from typing import Any

import pytest

from adapters.rest import RestAdapter, RestSimulator
from adapters.rest.conformance import conformance
from gateway.sdk import Completed, Manifest, Message, OutgoingRequest, Parsed, Reply, RetryLater
from gateway.sdk.simulation.faults import Faults
from gateway.sdk.testing import HOSTILE_BODIES, RULES, find_adapters, suite
from gateway.sdk.testing.enrol import Enrolled
from gateway.sdk.testing.troubles import FAULTS
from gateway.sdk.testing.watching import _forms

SAMPLES = conformance()


class Credulous(RestAdapter):
    """Takes whatever comes for a success."""

    def parse(self, reply: Reply) -> Parsed:
        return Parsed(Completed({"said": reply.status}))


class Brittle(RestAdapter):
    """Raises on what it cannot read."""

    def parse(self, reply: Reply) -> Parsed:
        reply.body.decode("utf-8")
        return super().parse(reply)


class Hopeful(RestAdapter):
    """Clears every 5xx by itself."""

    def parse(self, reply: Reply) -> Parsed:
        return Parsed(RetryLater("busy")) if reply.status >= 500 else super().parse(reply)


class Moody(RestAdapter):
    """Renders something else each time."""

    count = 0

    def render(self, request: OutgoingRequest) -> Message:
        Moody.count += 1
        message = super().render(request)
        return replace(message, headers={**message.headers, "X-Count": str(Moody.count)})


@pytest.mark.parametrize("kind", [Credulous, Brittle, Hopeful])
def test_hostile_replies_are_tried(kind: type[RestAdapter]) -> None:
    with pytest.raises((AssertionError, UnicodeDecodeError)):
        suite.test_hostile_replies_never_raise(kind(SAMPLES.agency), SAMPLES, Manifest("x", "x", kind))


def test_a_render_that_differs_is_found() -> None:
    rest = next(a for a in find_adapters() if a.name == "rest")
    with pytest.raises(AssertionError):
        suite.test_render_is_deterministic(Manifest("x", "x", Moody), SAMPLES, rest)


def test_a_contract_that_is_taken_unread_is_found() -> None:
    class Silent(RestAdapter):
        def check(self) -> list[Any]:
            return []

    with pytest.raises(AssertionError, match="has to be told"):
        suite.test_broken_contract_is_told(Manifest("x", "x", Silent), SAMPLES)


def test_waivers_need_a_rule_and_a_reason() -> None:
    class Waiving(Enrolled):
        waivers: dict[str, str] = {}  # noqa: RUF012  - set by each case

        def manifest(self) -> Manifest:
            return Manifest("x", "x", RestAdapter, simulator=RestSimulator, waivers=self.waivers)

    entry = find_adapters()[0].entry
    for waivers, kept in (
        ({"no_such_rule": "because"}, False),
        ({"contract_is_clean": " "}, False),
        ({"contract_is_clean": "x"}, True),
    ):
        Waiving.waivers = waivers
        if kept:
            suite.test_waivers_have_a_rule_and_a_reason(Waiving(entry))
        else:
            with pytest.raises(AssertionError):
                suite.test_waivers_have_a_rule_and_a_reason(Waiving(entry))


def test_every_rule_has_a_name_for_waivers() -> None:
    tests = {name.removeprefix("test_") for name in vars(suite) if name.startswith("test_")}
    assert tests - {"waivers_have_a_rule_and_a_reason"} == set(RULES)


def test_the_table_has_every_fault_of_the_simulator() -> None:
    assert set(FAULTS) == {field.name.replace("_", "-") for field in fields(Faults)}


def test_a_secret_is_known_in_every_form() -> None:
    for before in ("", "u", "us", "user:"):
        for after in ("", "!", "!!"):
            text = base64.b64encode(f"{before}kalit/8041{after}".encode()).decode()
            assert any(form in f"Basic {text}" for form in _forms("kalit/8041")), (before, after)
    assert any(form in "key=kalit%2F8041" for form in _forms("kalit/8041"))
    assert not any(form in "an innocent text" for form in _forms("kalit/8041"))


def test_every_adapter_of_darcha_is_found() -> None:
    assert {a.name for a in find_adapters()} >= {"desk", "rest", "soap"}
    assert len(HOSTILE_BODIES) > 30


def test_a_manifest_is_a_manifest() -> None:
    entry = entry_point("adapters.rest:RestAdapter")
    with pytest.raises(TypeError, match="no Manifest"):
        Enrolled(entry).manifest()
    with pytest.raises(LookupError, match="conformance"):
        Enrolled(entry_point("gateway.sdk:Agency")).conformance()


def entry_point(value: str) -> Any:
    """Return an entry point of that value."""
    return type(find_adapters()[0].entry)("x", value, "darcha.adapters")
