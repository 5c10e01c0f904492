"""What every test may ask for: the fixtures of ``tests/servers``, and each adapter as the conformance kit enrols them."""

from collections.abc import Iterator

import pytest

from tests.emitted import Watch

pytest_plugins = ["gateway.sdk.testing", "tests.servers.fixtures"]


@pytest.hookimpl(trylast=True)  # after they were shuffled
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the tests that may take longest, so that no process of the run is still at one when the others are done."""
    items.sort(key=_patience, reverse=True)


def _patience(item: pytest.Item) -> float:
    """The time-out that a test has of its own, in seconds; none is like all others."""
    mark = item.get_closest_marker("timeout")
    return max(120.0, float(mark.args[0])) if mark is not None and mark.args else 120.0


@pytest.fixture(scope="session")
def watching() -> Iterator[Watch]:
    watch = Watch()
    watch.begin()
    yield watch
    watch.end()


@pytest.fixture(autouse=True)
def events_are_as_published(watching: Watch) -> Iterator[None]:
    """Whatever a test is about: the events that the gateway emits in it carry what is published of them."""
    yield
    watching.tell()
