"""The conformance kit: what every adapter has to keep, as pytest tests over all adapters that are installed.

An adapter's package brings a module ``conformance`` with ``conformance() -> Conformance``: a contract and samples. In a
repository of its own it is run by::

    pytest -p gateway.sdk.testing.plugin --pyargs gateway.sdk.testing.suite

``--adapter NAME`` limits it to one. A waiver stands in the manifest with its reason: ``waivers={rule: reason}``.
"""

from gateway.sdk.testing.conformance import CallbackSample, Conformance, LookupSample, ReplySample
from gateway.sdk.testing.doubles import FixedSecrets, MemoryDocuments, lend
from gateway.sdk.testing.enrol import Enrolled, find_adapters
from gateway.sdk.testing.hostile import HOSTILE_BODIES, HOSTILE_STATUSES, HOSTILE_TYPES

__all__ = [
    "HOSTILE_BODIES",
    "HOSTILE_STATUSES",
    "HOSTILE_TYPES",
    "CallbackSample",
    "Conformance",
    "Enrolled",
    "FixedSecrets",
    "LookupSample",
    "MemoryDocuments",
    "ReplySample",
    "find_adapters",
    "lend",
]
