"""What every test may ask for: the fixtures of ``tests/servers``, and each adapter as the conformance kit enrols them."""

pytest_plugins = ["gateway.sdk.testing", "tests.servers.fixtures"]
