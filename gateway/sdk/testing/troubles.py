"""The rules about what goes wrong on the wire: every fault of the simulator, by table. Part of ``suite``."""

# ruff: noqa: S101  - assert is how tests speak

from __future__ import annotations

import tracemalloc
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import pytest

from gateway.domain.outcomes import Invalid, RetryLater, Unknown
from gateway.sdk.adapter import Adapter, Manifest
from gateway.sdk.http import MAX_REPLY_BYTES
from gateway.sdk.testing.conformance import Conformance
from gateway.sdk.testing.trials import assert_closed, send, simulated

#: A reply may be held twice while it is put together, and read once; more means that nothing bounds it.
_MEMORY: Final = 4 * MAX_REPLY_BYTES


@dataclass(frozen=True, slots=True)
class Permitted:
    """What an adapter may make of a fault. No ``outcomes``: what it would make of the good answer.

    ``acted``: whether the agency has acted by then (``None``: by chance). ``value`` is that of the fault's specification.
    """

    outcomes: tuple[type[Any], ...] = ()
    acted: bool | None = True
    value: str = "1"
    timeout_secs: float = 5.0


#: Where the agency may have acted, only ``Unknown`` keeps it from being sent again blindly. ``Invalid`` does so too (a person
#: looks), and is right where an answer came and was none of the contract. ``RetryLater`` takes an agency that says so itself.
FAULTS: Final[Mapping[str, Permitted]] = {
    "slow": Permitted((Unknown,), acted=None, value="30s", timeout_secs=1.0),
    "late": Permitted(value="1s"),
    "error": Permitted((Unknown, RetryLater), acted=False),
    "error-after": Permitted((Unknown,)),
    "fault-after": Permitted((Unknown,)),
    "reset-before": Permitted((Unknown,), acted=False),
    "reset-after": Permitted((Unknown,)),
    "malformed": Permitted((Unknown, Invalid)),
    "endless": Permitted((Unknown, Invalid)),
    "bomb": Permitted((Unknown, Invalid)),
    "duplicate": Permitted(),
    "out-of-order": Permitted(),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_is_told_truly(adapter: Adapter, samples: Conformance, manifest: Manifest, fault: str) -> None:
    permitted = FAULTS[fault]
    specification = f"{fault}={permitted.value}"
    parsed, simulator = send(adapter, samples, simulated(manifest), specification, timeout_secs=permitted.timeout_secs)
    assert isinstance(parsed.outcome, permitted.outcomes or samples.sent), parsed.outcome
    assert_closed(parsed)
    assert simulator is not None
    entries = list(simulator.ledger.entries())
    assert len(entries) <= 1, "one send is one processing at most"
    if permitted.acted is not None:
        assert [e.effect for e in entries if e.effect] == [True] * permitted.acted


@pytest.mark.parametrize("fault", ["endless", "bomb"])
def test_replies_have_a_limit(adapter: Adapter, samples: Conformance, manifest: Manifest, fault: str) -> None:
    simulated(manifest)
    tracemalloc.start(1)
    try:
        send(adapter, samples, manifest, f"{fault}=1", timeout_secs=20.0)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < _MEMORY, f"{peak >> 20} MiB were in use at once; the limit of a reply is {MAX_REPLY_BYTES >> 20} MiB"
