"""The store under test: SQLite and PostgreSQL, each fresh for the test, brought to the newest schema once and copied."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import pytest
import pytest_asyncio

from gateway.storage import DatabaseStore, open_store
from tests.integration.storage.moving import MovingClock


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, fresh_store: Callable[[str], str]) -> str:
    """The URL of an empty store of the newest schema."""
    return fresh_store(request.param)


@pytest.fixture
def postgres(url: str) -> bool:
    return url.startswith("postgresql")


@pytest_asyncio.fixture
async def store(url: str) -> AsyncIterator[DatabaseStore]:
    """A store on the database's own time."""
    opened = open_store(url)
    await opened.open()
    yield opened
    await opened.close()


@pytest_asyncio.fixture
async def other(url: str, store: DatabaseStore) -> AsyncIterator[DatabaseStore]:
    """A second process's store. SQLite serves one process: there it is the same store, used by two tasks."""
    if url.startswith("sqlite"):
        yield store
        return
    opened = open_store(url)
    await opened.open()
    yield opened
    await opened.close()


@pytest.fixture
def clock() -> MovingClock:
    return MovingClock()


@pytest_asyncio.fixture
async def timed(url: str, clock: MovingClock) -> AsyncIterator[DatabaseStore]:
    """A store whose time is ``clock``."""
    opened = open_store(url, clock=clock)
    await opened.open()
    yield opened
    await opened.close()
