"""The loop of dispatcher, clock, notifier and inbox: wake-ups, times, errors, stopping."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from gateway.application.bus import Bus, BusUnavailable
from gateway.application.store import StoreUnavailable
from gateway.messaging import connect
from gateway.roles.patience import Patience
from gateway.roles.polling import Polling
from tests.unit.application.small import NOW
from tests.unit.roles.running import PATIENCE_SECS, running, until


class Waits:
    """A bus on which nobody is woken but by the test; it notes how long the loop meant to wait."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, float]] = []
        self._woken = asyncio.Event()

    async def wait(self, topic: str, timeout: float) -> None:
        self.asked.append((topic, timeout))
        await self._woken.wait()
        self._woken.clear()

    def wake(self) -> None:
        self._woken.set()


class Work:
    """``todo`` is what each round does: a number, or an error."""

    def __init__(self, *todo: int | Exception) -> None:
        self.todo = list(todo)
        self.rounds = 0

    async def __call__(self) -> int:
        self.rounds += 1
        done = self.todo.pop(0) if self.todo else 0
        if isinstance(done, Exception):
            raise done
        return done


def polling(work: Callable[[], Awaitable[int]], bus: Any, next_at: datetime | None = None, at_most_secs: float = 1.0) -> Polling:
    async def next_() -> datetime | None:
        return next_at

    return Polling("clock", "clock", bus, work, now=lambda: NOW, next_at=next_, at_most_secs=at_most_secs)


async def test_it_works_until_nothing_is_left_and_then_waits() -> None:
    work, bus = Work(3, 2), Waits()
    async with running(polling(work, bus)):
        await until(lambda: bus.asked)
        assert work.rounds == 3  # two with work, one that found none
        assert bus.asked == [("clock", 1.0)]
        bus.wake()
        await until(lambda: len(bus.asked) == 2)
        assert work.rounds == 4


@pytest.mark.parametrize(
    ("next_at", "wanted"),
    [(None, 1.0), (NOW + timedelta(hours=1), 1.0), (NOW + timedelta(seconds=0.25), 0.25), (NOW - timedelta(hours=1), 0.01)],
)
async def test_it_waits_for_the_next_time_and_never_longer_than_told(next_at: datetime | None, wanted: float) -> None:
    bus = Waits()
    async with running(polling(Work(), bus, next_at)):
        await until(lambda: bus.asked)
    assert bus.asked[0][1] == pytest.approx(wanted)


async def test_what_is_due_and_cannot_be_done_is_no_busy_loop() -> None:
    bus = Waits()
    async with running(polling(Work(), bus, NOW - timedelta(hours=1))):
        for round_ in range(1, 10):
            await until(lambda: len(bus.asked) == round_)  # noqa: B023 - waited for within the round
            bus.wake()
    waits = [secs for _, secs in bus.asked[:9]]
    assert waits == pytest.approx([0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.0, 1.0])


@pytest.mark.parametrize("error", [StoreUnavailable("away"), BusUnavailable("away")])
async def test_what_is_away_is_waited_for(error: Exception, no_waiting: None) -> None:
    work, bus = Work(error, error, 1), Waits()
    async with running(polling(work, bus)):
        await until(lambda: bus.asked)
    assert work.rounds == 4


async def test_another_error_is_for_the_supervisor() -> None:
    job = polling(Work(ZeroDivisionError()), Waits())
    async with asyncio.timeout(PATIENCE_SECS):
        with pytest.raises(ZeroDivisionError):
            await job.run()


async def test_a_stop_lets_the_round_at_hand_end() -> None:
    begun, go, ended = asyncio.Event(), asyncio.Event(), []

    async def work() -> int:
        begun.set()
        await go.wait()
        ended.append(True)
        return 1

    job = polling(work, Waits())
    task = asyncio.create_task(job.run())
    await begun.wait()
    await job.stop()
    assert not task.done()
    go.set()
    async with asyncio.timeout(PATIENCE_SECS):
        await task
    assert ended == [True]


@pytest.fixture
async def bus() -> AsyncIterator[Bus]:
    made = connect("memory://")
    await made.open()
    yield made
    await made.close()


async def test_a_wake_up_on_the_bus_wakes_it(bus: Bus) -> None:
    work = Work()
    async with running(Polling("clock", "clock", bus, work, now=lambda: NOW, at_most_secs=3600)):
        await until(lambda: work.rounds == 1)
        await bus.wake("other")
        await bus.wake("clock")
        await until(lambda: work.rounds == 2)


async def test_patience_grows_and_ends_at_a_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []

    async def wait_for(waiting: Any, timeout: float) -> None:
        waiting.close()
        waited.append(timeout)
        raise TimeoutError

    monkeypatch.setattr(asyncio, "wait_for", wait_for)
    patience = Patience("clock", asyncio.Event(), most=2.0)
    for _ in range(6):
        await patience.pause(StoreUnavailable("away"))
    assert waited == pytest.approx([0.2, 0.4, 0.8, 1.6, 2.0, 2.0])
    patience.fine()
    await patience.pause(StoreUnavailable("away"))
    assert waited[-1] == pytest.approx(0.2)


async def test_insisting_ends_when_the_role_is_stopped() -> None:
    stopped = asyncio.Event()
    patience = Patience("clock", stopped)

    async def never() -> None:
        stopped.set()
        raise StoreUnavailable("away")

    assert await patience.insist(never) is False
