"""Buses for the behaviour suite: the same fixtures lead to RabbitMQ and to the bus in this process."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from uuid import uuid4

import pytest

from gateway.application.bus import Bus
from gateway.messaging import connect
from tests.servers.fixtures import Broker

MakeBus = Callable[[], Awaitable[Bus]]


@pytest.fixture(params=["memory", "rabbitmq"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def corner(kind: str, request: pytest.FixtureRequest) -> Broker:
    """Where the buses of one test meet."""
    if kind == "memory":
        return Broker(f"memory://{uuid4().hex}", "darcha")
    found: Broker = request.getfixturevalue("broker")
    return found


@pytest.fixture
async def make_bus(corner: Broker) -> AsyncIterator[MakeBus]:
    """``await make_bus()`` returns one more open bus, as another process would have it."""
    made: list[Bus] = []

    async def make() -> Bus:
        bus = connect(corner.url, prefix=corner.prefix)
        made.append(bus)
        await bus.open()
        return bus

    yield make
    for bus in made:
        await bus.close()


@pytest.fixture
async def bus(make_bus: MakeBus) -> Bus:
    return await make_bus()
