"""What every test may ask for: the fixtures of ``tests/servers``."""

pytest_plugins = ["tests.servers.fixtures"]
