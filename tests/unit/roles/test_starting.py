"""What comes before the work ends when the process is told to stop, and readiness knows roles without their consumers."""

from __future__ import annotations

import asyncio

import pytest

from gateway.application.store import StoreUnavailable
from gateway.bootstrap.health import tasks_check
from gateway.bootstrap.signals import unless_stopped
from gateway.telemetry.supervise import Supervisor
from tests.unit.roles.running import PATIENCE_SECS, until


class Idle:
    """A job that waits; ``healthy`` is what the test says."""

    def __init__(self, *, healthy: bool = True) -> None:
        self.healthy = healthy
        self._stopped = asyncio.Event()

    async def run(self) -> None:
        await self._stopped.wait()

    async def stop(self) -> None:
        self._stopped.set()


async def test_what_is_done_in_time_is_done() -> None:
    assert await unless_stopped(Supervisor(), asyncio.sleep(0)) is True


async def test_a_stop_ends_the_waiting_for_a_database() -> None:
    supervisor, cancelled = Supervisor(), asyncio.Event()

    async def waiting() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.set()
            raise

    starting = asyncio.create_task(unless_stopped(supervisor, waiting()))
    await asyncio.sleep(0)
    await supervisor.stop()
    async with asyncio.timeout(PATIENCE_SECS):
        assert await starting is False
    assert cancelled.is_set()


async def test_what_starting_dies_of_is_raised() -> None:
    async def fails() -> None:
        raise StoreUnavailable("no such database")

    with pytest.raises(StoreUnavailable):
        await unless_stopped(Supervisor(), fails())


async def test_a_supervisor_that_was_stopped_before_it_ran_ends_at_once() -> None:
    supervisor = Supervisor()
    supervisor.add("idle", Idle)
    await supervisor.stop()
    async with asyncio.timeout(PATIENCE_SECS):
        await supervisor.run()


async def test_readiness_names_roles_that_are_down_and_roles_without_a_consumer() -> None:
    supervisor = Supervisor()
    job = Idle(healthy=False)
    supervisor.add("tracker", lambda: job)
    check = tasks_check(supervisor)
    assert await check() == "not running now: tracker"
    task = asyncio.create_task(supervisor.run())
    await until(lambda: not supervisor.down)
    assert await check() == "without a consumer at the broker: tracker"
    job.healthy = True
    assert await check() == ""
    await supervisor.stop()
    await task
