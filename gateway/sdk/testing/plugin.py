"""The pytest plug-in: enrols every adapter that is found in the tests of ``gateway.sdk.testing.suite``."""

from __future__ import annotations

import pytest

from gateway.sdk.testing.enrol import find_adapters

pytest.register_assert_rewrite(*(f"gateway.sdk.testing.{name}" for name in ("suite", "sending", "trials")))


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--adapter``."""
    parser.addoption("--adapter", default="", help="try only the adapter of this name")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give every test that asks for ``enrolled`` each adapter in turn."""
    if "enrolled" in metafunc.fixturenames:
        wanted = metafunc.config.getoption("--adapter", default="")
        found = [adapter for adapter in find_adapters() if wanted in {"", adapter.name}]
        metafunc.parametrize("enrolled", found, ids=[adapter.name for adapter in found])
