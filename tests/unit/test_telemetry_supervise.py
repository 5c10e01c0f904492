"""The watch over background tasks. Time stands still: sleeping and the clock are given."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from gateway.telemetry.metrics import Metrics
from gateway.telemetry.supervise import EndedUnasked, Loop, RestartPolicy, Supervisor, TaskGaveUp


class World:
    """A clock that moves only by what is slept, and what was slept."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []
        self.died: list[str] = []

    async def sleep(self, secs: float) -> None:
        self.slept.append(secs)
        self.now += secs
        await asyncio.sleep(0)

    def supervisor(self, policy: RestartPolicy | None = None) -> Supervisor:
        return Supervisor(policy, sleep=self.sleep, clock=lambda: self.now, on_death=self.died.append)


def script(*lives: Callable[[asyncio.Event], object] | Exception | None) -> tuple[Callable[[], Loop], list[int], asyncio.Event]:
    """Return a factory whose n-th job lives as the n-th entry says, the last for ever; the starts; an event set at the last."""
    starts: list[int] = []
    steady = asyncio.Event()

    def factory() -> Loop:
        starts.append(len(starts))
        life = lives[len(starts) - 1] if len(starts) <= len(lives) else "steady"

        async def body(stopped: asyncio.Event) -> None:
            if isinstance(life, Exception):
                raise life
            if life is None:
                return
            if callable(life):
                result = life(stopped)
                if asyncio.iscoroutine(result):
                    await result
                return
            steady.set()
            await stopped.wait()

        return Loop(body)

    return factory, starts, steady


async def test_a_task_that_dies_is_told_counted_and_started_anew() -> None:
    world = World()
    supervisor = world.supervisor(RestartPolicy(base_secs=1, cap_secs=3, deaths=9, within_secs=1000))
    factory, starts, steady = script(*(RuntimeError("broken"),) * 4)
    supervisor.add("tracker", factory)
    running = asyncio.create_task(supervisor.run())
    await steady.wait()
    assert supervisor.down == []
    assert world.died == ["tracker"] * 4 and world.slept == [1, 2, 3, 3] and starts == [0, 1, 2, 3, 4]
    await supervisor.stop()
    await running


async def test_a_task_that_ends_unasked_is_a_death() -> None:
    world = World()
    supervisor = world.supervisor()
    factory, _, steady = script(None)
    supervisor.add("clock", factory)
    running = asyncio.create_task(supervisor.run())
    await steady.wait()
    assert world.died == ["clock"]
    await supervisor.stop()
    await running


async def test_a_cancellation_that_leaks_from_within_is_a_death() -> None:
    async def cancels_itself(_stopped: asyncio.Event) -> None:
        child = asyncio.create_task(asyncio.Event().wait())
        child.cancel()
        await child

    world = World()
    supervisor = world.supervisor()
    factory, _, steady = script(cancels_itself)
    supervisor.add("worker", factory)
    running = asyncio.create_task(supervisor.run())
    await steady.wait()
    assert world.died == ["worker"]
    await supervisor.stop()
    await running


async def test_a_factory_that_fails_is_a_death() -> None:
    def factory() -> Loop:
        raise OSError("no such host")

    world = World()
    supervisor = world.supervisor(RestartPolicy(deaths=2))
    supervisor.add("bus", factory)
    with pytest.raises(TaskGaveUp, match="'bus' died 3 times") as gave_up:
        await supervisor.run()
    assert isinstance(gave_up.value.__cause__, OSError) and world.died == ["bus"] * 3


async def test_too_many_deaths_end_everything_in_order() -> None:
    world = World()
    supervisor = world.supervisor(RestartPolicy(base_secs=1, deaths=3, within_secs=1000))
    stopped_in_order = asyncio.Event()

    async def other(stopped: asyncio.Event) -> None:
        await stopped.wait()
        stopped_in_order.set()

    supervisor.add("steady", lambda: Loop(other))
    factory, starts, _ = script(*(ValueError(str(n)) for n in range(9)))
    supervisor.add("broken", factory)
    with pytest.raises(TaskGaveUp) as gave_up:
        await supervisor.run()
    assert gave_up.value.name == "broken" and str(gave_up.value.__cause__) == "3"
    assert len(starts) == 4 and stopped_in_order.is_set() and world.slept == [1, 2, 4]


async def test_old_deaths_are_forgotten() -> None:
    world = World()
    supervisor = world.supervisor(RestartPolicy(base_secs=1, deaths=1, within_secs=10))

    def long_life(_stopped: asyncio.Event) -> None:
        world.now += 60
        raise RuntimeError("after a good life")

    factory, _, steady = script(long_life, long_life, long_life)
    supervisor.add("dispatcher", factory)
    running = asyncio.create_task(supervisor.run())
    await steady.wait()
    assert world.slept == [1, 1, 1]
    await supervisor.stop()
    await running


async def test_a_fatal_death_is_not_survived() -> None:
    world = World()
    supervisor = world.supervisor()
    factory, starts, _ = script(RuntimeError("the lock on the database is lost"))
    supervisor.add("lock", factory, fatal=True)
    with pytest.raises(TaskGaveUp, match="'lock'"):
        await supervisor.run()
    assert len(starts) == 1 and world.slept == [] and world.died == ["lock"]


async def test_a_task_that_may_end_ends() -> None:
    world = World()
    supervisor = world.supervisor()
    factory, starts, _ = script(None)
    supervisor.add("demo", factory, may_end=True)
    await supervisor.run()
    assert starts == [0] and world.died == []


async def test_stopping_during_a_back_off_does_not_wait_for_it() -> None:
    asleep, died = asyncio.Event(), list[str]()

    async def sleep_for_ever(_secs: float) -> None:
        asleep.set()
        await asyncio.Event().wait()

    supervisor = Supervisor(sleep=sleep_for_ever, clock=lambda: 0.0, on_death=died.append)
    factory, starts, _ = script(RuntimeError("broken"))
    supervisor.add("tracker", factory)
    running = asyncio.create_task(supervisor.run())
    await asleep.wait()
    assert supervisor.down == ["tracker"]
    await supervisor.stop()
    await running
    assert starts == [0] and died == ["tracker"]


async def test_work_in_hand_is_finished_at_a_graceful_stop() -> None:
    started, finished = asyncio.Event(), asyncio.Event()

    async def body(stopped: asyncio.Event) -> None:
        started.set()
        await stopped.wait()
        for _ in range(5):
            await asyncio.sleep(0)
        finished.set()

    supervisor = World().supervisor()
    supervisor.add("worker", lambda: Loop(body))
    running = asyncio.create_task(supervisor.run())
    await started.wait()
    await asyncio.gather(supervisor.stop(), supervisor.stop())
    assert finished.is_set()
    await running


async def test_what_does_not_stop_in_time_is_cancelled() -> None:
    started, cancelled = asyncio.Event(), asyncio.Event()

    async def deaf(_stopped: asyncio.Event) -> None:
        started.set()
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    supervisor = World().supervisor()
    supervisor.add("deaf", lambda: Loop(deaf))
    running = asyncio.create_task(supervisor.run())
    await started.wait()
    await supervisor.stop(grace_secs=0)
    assert cancelled.is_set()
    await running


async def test_a_job_whose_stop_fails_does_not_keep_the_others_from_stopping() -> None:
    class Bad(Loop):
        async def stop(self) -> None:
            raise RuntimeError("cannot stop")

    ready = asyncio.Event()

    async def body(stopped: asyncio.Event) -> None:
        ready.set()
        await stopped.wait()

    supervisor = World().supervisor()
    supervisor.add("bad", lambda: Bad(body))
    supervisor.add("good", lambda: Loop(body))
    running = asyncio.create_task(supervisor.run())
    await ready.wait()
    await supervisor.stop(grace_secs=0)
    await running


async def test_a_death_while_stopping_is_told_and_no_error() -> None:
    started = asyncio.Event()

    async def body(stopped: asyncio.Event) -> None:
        started.set()
        await stopped.wait()
        raise RuntimeError("on the way out")

    world = World()
    supervisor = world.supervisor()
    supervisor.add("worker", lambda: Loop(body), fatal=True)
    running = asyncio.create_task(supervisor.run())
    await started.wait()
    await supervisor.stop()
    await running
    assert world.died == ["worker"]


async def test_cancelling_the_run_stops_the_jobs() -> None:
    started, ended = asyncio.Event(), asyncio.Event()

    async def body(stopped: asyncio.Event) -> None:
        started.set()
        await stopped.wait()
        ended.set()

    supervisor = World().supervisor()
    supervisor.add("worker", lambda: Loop(body))
    running = asyncio.create_task(supervisor.run())
    await started.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert ended.is_set()


async def test_names_are_unique_and_nothing_to_do_is_fine() -> None:
    supervisor = World().supervisor()
    await supervisor.run()
    supervisor.add("a", lambda: Loop(lambda stopped: stopped.wait()))  # type: ignore[arg-type,return-value]
    with pytest.raises(ValueError, match="'a' is supervised already"):
        supervisor.add("a", lambda: Loop(lambda stopped: stopped.wait()))  # type: ignore[arg-type,return-value]


async def test_each_death_is_in_the_metrics() -> None:
    metrics = Metrics()
    world = World()
    supervisor = Supervisor(RestartPolicy(deaths=2), sleep=world.sleep, clock=lambda: world.now, on_death=metrics.task_died)
    factory, _, _ = script(None, None, None)
    supervisor.add("tracker", factory)
    with pytest.raises(TaskGaveUp) as gave_up:
        await supervisor.run()
    assert isinstance(gave_up.value.__cause__, EndedUnasked)
    assert b'darcha_task_deaths_total{task="tracker"} 3.0' in metrics.render()
