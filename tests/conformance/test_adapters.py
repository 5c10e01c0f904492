"""Every adapter that is found keeps the rules of the conformance kit."""

from gateway.sdk.testing.plugin import pytest_generate_tests  # noqa: F401  - before the suite, which it prepares
from gateway.sdk.testing.suite import *  # noqa: F403
