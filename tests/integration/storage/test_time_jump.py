"""After a jump of time legal effects wait for a person, in every process, until the incident is closed. Both databases."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from gateway.application.store import StoreUnavailable
from gateway.application.tick import Tick
from gateway.application.time_jump import FINGERPRINT, TimeWatch
from gateway.domain.case_file import CaseFile
from gateway.domain.incident import IncidentKind
from gateway.messaging import connect
from gateway.storage import DatabaseStore
from gateway.storage import tables as t
from tests.integration.storage.moving import MovingClock
from tests.integration.storage.samples import stored
from tests.path.schedulers.due import HOUR, SHORT, clock_of, deployment, due_case, intake, only


class Machine:
    """The clocks of the machine on which a scheduler runs: they go with the database's unless a test lets that one jump."""

    def __init__(self, clock: MovingClock) -> None:
        self.clock = clock
        self.ahead = timedelta()
        self.start = clock.at

    def now(self) -> datetime:
        return self.clock.at - self.ahead

    def steady(self) -> float:
        return (self.now() - self.start).total_seconds()

    def pass_(self, **time: float) -> None:
        self.clock.forward(**time)

    def jump(self, **step: float) -> None:
        """The database's clock alone is set."""
        self.clock.forward(**step)
        self.ahead += timedelta(**step)

    def jump_with_the_machine(self, **step: float) -> None:
        """Both are one clock, and it is set; what nobody sets goes on."""
        self.clock.forward(**step)
        self.start += timedelta(**step)


class Place:
    """Schedulers of one database."""

    def __init__(self, store: DatabaseStore, clock: MovingClock) -> None:
        self.store = store
        self.machine = Machine(clock)
        self.rules = deployment()
        self.bus: Any = connect("memory://")

    async def scheduler(self) -> Tick:
        """One more process, just started."""
        await self.bus.open()
        await self.rules.calendars.start(self.store)
        machine = self.machine
        watch = TimeWatch(self.store, self.bus, machine=machine.now, steady=machine.steady, bound=timedelta(minutes=5))
        return Tick(self.rules, self.store, self.bus, batch=2, watch=watch)

    async def case(self, sort: str, age: timedelta = timedelta()) -> CaseFile:
        file = due_case(self.rules, sort, self.machine.clock.at, age)
        await self.store.take_in([intake(file)])
        return file

    async def jumps(self, state: str = "open") -> list[Any]:
        async with self.store.db.read() as tx:
            query = select(t.incidents).where(t.incidents.c.kind == "time_jumped", t.incidents.c.state == state)
            return list(await tx.rows(query))

    async def confirm(self) -> None:
        assert await self.store.close_incidents([FINGERPRINT], "the time is right", "operator:dilnoza") == 1

    async def state(self, file: CaseFile) -> str:
        return str(clock_of(await stored(self.store, file.case.id)).state)


@pytest.fixture
def place(timed: DatabaseStore, clock: MovingClock) -> Place:
    return Place(timed, clock)


async def work_off(tick: Tick) -> int:
    done = 0
    while step := await tick.run_once():
        done += step
    return done


async def test_after_a_jump_forward_only_what_is_no_law_goes_on(place: Place) -> None:
    first, second = await place.scheduler(), await place.scheduler()
    assert [await first.run_once(), await second.run_once()] == [0, 0]
    legal = [await place.case(sort) for sort in ("breached", "granted", "refused", "deadline", "lapsed")]
    leased, warned = await place.case("leased"), await place.case("warned")
    place.machine.pass_(seconds=1)
    place.machine.jump_with_the_machine(hours=10)
    assert await work_off(first) + await work_off(second) == 2, "the lease and the warning"
    assert only(await stored(place.store, leased.case.id)).lease_id is None
    assert clock_of(await stored(place.store, warned.case.id)).warned_at is not None
    assert [await place.state(file) for file in legal] == ["running", "running", "running", "running", "suspended"]
    (incident,) = await place.jumps()
    assert (incident.count, incident.detail["why"], incident.detail["secs"]) == (2, "forward", 36_000)
    late = await place.scheduler()  # knows nothing of it, and the database does
    assert await work_off(late) == 0
    await place.confirm()
    assert await work_off(late) == 5
    assert [await place.state(file) for file in legal] == [*("breached", "tacitly_granted", "tacitly_refused", "met", "running")]
    assert [await work_off(tick) for tick in (first, second)] == [0, 0]
    assert await place.jumps() == [], "what was confirmed is not told again"


async def test_what_a_warning_would_lead_to_waits_as_well(place: Place) -> None:
    tick = await place.scheduler()
    await tick.run_once()
    file = await place.case("missed")
    place.machine.jump_with_the_machine(hours=10)
    assert await work_off(tick) == 1
    assert await place.state(file) == "running"
    await place.confirm()
    assert await work_off(tick) == 1
    assert await place.state(file) == "breached"


async def test_a_clock_that_was_set_back_to_right_goes_on_when_a_person_says_so(place: Place) -> None:
    tick = await place.scheduler()
    await tick.run_once()
    file = await place.case("granted")
    place.machine.jump_with_the_machine(days=365)
    assert await work_off(tick) == 0
    place.machine.jump_with_the_machine(days=-365)
    assert await work_off(tick) == 0
    (incident,) = await place.jumps()
    assert (incident.count, incident.detail["why"]) == (2, "backward")
    await place.confirm()
    place.machine.pass_(hours=SHORT - 1)
    assert await work_off(tick) == 0, "no harm was done"
    assert await place.state(file) == "running"
    place.machine.pass_(hours=1)
    assert await work_off(tick) == 1
    assert await place.state(file) == "tacitly_granted"


async def test_a_database_that_disagrees_with_the_machine_is_asked_about_once(place: Place) -> None:
    file = await place.case("granted", HOUR * 5)
    place.machine.jump(hours=1)
    tick = await place.scheduler()
    assert await work_off(tick) == 0
    assert [row.detail["why"] for row in await place.jumps()] == ["differs"]
    await place.confirm()
    place.machine.pass_(hours=1)
    assert await work_off(tick) == 1
    assert await place.state(file) == "tacitly_granted"
    assert await place.jumps() == []
    place.machine.jump(hours=-1)  # back in step, which is a jump too
    await tick.run_once()
    assert [row.detail["why"] for row in await place.jumps()] == ["backward"]


async def test_a_start_before_the_last_event_is_doubted(place: Place) -> None:
    await place.case("granted")
    place.machine.jump_with_the_machine(hours=-1)
    tick = await place.scheduler()
    await tick.run_once()
    assert [row.detail["why"] for row in await place.jumps()] == ["behind"]


async def test_a_night_of_downtime_and_a_pause_of_the_process_are_no_jumps(place: Place) -> None:
    file = await place.case("granted")
    before = await place.scheduler()
    await before.run_once()
    place.machine.pass_(hours=10)
    assert await work_off(await place.scheduler()) == 1
    assert await work_off(before) == 0
    assert await place.state(file) == "tacitly_granted"
    assert await place.jumps() == []


async def test_a_jump_that_could_not_be_told_is_told_later(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    tick = await place.scheduler()
    await tick.run_once()
    file = await place.case("granted")
    place.machine.jump_with_the_machine(hours=10)

    async def away(_incidents: object) -> None:
        raise StoreUnavailable("the database went away")

    with monkeypatch.context() as patch:
        patch.setattr(place.store, "open_incidents", away)
        for _ in range(2):
            with pytest.raises(StoreUnavailable):
                await tick.run_once()
    assert await work_off(tick) == 0
    assert [row.detail["why"] for row in await place.jumps()] == ["forward"]
    assert await place.state(file) == "running"


async def test_a_jump_while_a_scheduler_looks_is_seen_before_anything_takes_effect(place: Place) -> None:
    """Between its reading of the time and its reading of the rows: they are read first."""
    tick = await place.scheduler()
    await tick.run_once()
    file = await place.case("granted")
    store: Any = place.store
    due_timers, jumped = store.due_timers, False

    async def jumping(*args: Any) -> Any:
        nonlocal jumped
        if not jumped:
            jumped = True
            place.machine.jump_with_the_machine(hours=10)
        return await due_timers(*args)

    store.due_timers = jumping
    assert await work_off(tick) == 0
    assert await place.state(file) == "running"
    assert len(await place.jumps()) == 1


async def test_an_alert_of_it_goes_out(place: Place) -> None:
    tick = await place.scheduler()
    await tick.run_once()
    place.machine.jump(days=1)
    await tick.run_once()
    async with place.store.db.read() as tx:
        (alert,) = await tx.rows(select(t.deliveries).where(t.deliveries.c.kind == "alert"))
    assert alert.payload["kind"] == IncidentKind.TIME_JUMPED
