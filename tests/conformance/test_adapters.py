"""Every adapter that is found keeps the rules of the conformance kit."""

from gateway.sdk.testing.suite import *  # noqa: F403
