"""The hooks of the pytest plug-in: they enrol every adapter that is found in the tests of ``gateway.sdk.testing.suite``.

pytest is imported within them: the package is also used where it is not installed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.sdk.testing.enrol import find_adapters

if TYPE_CHECKING:
    import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--adapter``."""
    parser.addoption("--adapter", default="", help="try only the adapter of this name")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give every test that asks for ``enrolled`` each adapter in turn. Finding none is a mistake, not a success."""
    if "enrolled" not in metafunc.fixturenames:
        return
    wanted = metafunc.config.getoption("--adapter", default="")
    installed = find_adapters()
    found = [adapter for adapter in installed if wanted in {"", adapter.name}]
    if not found:
        import pytest  # noqa: PLC0415 - see above

        names = ", ".join(adapter.name for adapter in installed) or "none"
        raise pytest.UsageError(
            f"no adapter {wanted!r} is installed under the entry point group darcha.adapters; there is {names}"
        )
    metafunc.parametrize("enrolled", found, ids=[adapter.name for adapter in found])
