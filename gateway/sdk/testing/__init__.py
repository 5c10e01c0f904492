"""The conformance kit: a pytest plug-in, and what every adapter has to keep as tests over all adapters that are installed.

An adapter's package brings a module ``conformance`` with ``conformance() -> Conformance``: a contract and samples. In a
repository of its own it is run by::

    pytest -p gateway.sdk.testing --pyargs gateway.sdk.testing.suite --adapter NAME

or, together with its other tests, by ``pytest_plugins = ["gateway.sdk.testing"]`` in ``conftest.py`` and a test module with
``from gateway.sdk.testing.suite import *``. Without ``--adapter`` every adapter that is found is tried. A waiver stands in the
manifest with its reason: ``waivers={rule: reason}``; the rules stand in ``RULES``.
"""

from gateway.sdk.testing.conformance import CallbackSample, Conformance, LookupSample, ReplySample
from gateway.sdk.testing.doubles import FixedSecrets, MemoryDocuments, lend
from gateway.sdk.testing.enrol import Enrolled, find_adapters
from gateway.sdk.testing.hostile import HOSTILE_BODIES, HOSTILE_STATUSES, HOSTILE_TYPES
from gateway.sdk.testing.plugin import pytest_addoption, pytest_generate_tests
from gateway.sdk.testing.rules import RULES

__all__ = [
    "HOSTILE_BODIES",
    "HOSTILE_STATUSES",
    "HOSTILE_TYPES",
    "RULES",
    "CallbackSample",
    "Conformance",
    "Enrolled",
    "FixedSecrets",
    "LookupSample",
    "MemoryDocuments",
    "ReplySample",
    "find_adapters",
    "lend",
    "pytest_addoption",
    "pytest_generate_tests",
]
