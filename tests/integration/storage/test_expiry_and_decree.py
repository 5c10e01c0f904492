"""A decree in the moment of an expiry: what takes effect is measured by the calendar that stands under the case's lock.

A scheduler reads the calendars before it looks at what is due. The amendment comes after that and before it locks the case.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from gateway.application.tick import Tick
from gateway.domain import clock as c
from gateway.domain.amendment import Amendment
from gateway.domain.case_file import CaseFile
from gateway.domain.clock import ClockState
from gateway.domain.clocks import wait
from gateway.domain.incident import TimerKind
from gateway.domain.service import Silence, Term, Unit
from gateway.domain.term_rule import Ground, Length, Suspension
from gateway.storage import DatabaseStore
from tests.integration.storage.moving import MovingClock
from tests.integration.storage.samples import MINT, new_file, stored, take
from tests.integration.storage.test_calendars import (
    DECREE,
    JUNE_3,
    JUNE_5,
    RECEIVED,
    ZONE,
    Place,
    Second,
    clock_of,
    in_may,
    second,
)

__all__ = ["second"]  # a fixture
TERM = Term(15, Unit.WORKING_DAYS, "UZ-5", warn_before=-1)
AFTER = JUNE_3 + timedelta(minutes=5)
Amend = Callable[[], Awaitable[object]]


def in_between(store: DatabaseStore, monkeypatch: pytest.MonkeyPatch, happens: Amend) -> None:
    """Let something happen once, after the scheduler has seen what is due and before it locks a case."""
    asked = store.ended_leases
    done: list[object] = []

    async def ended_leases(most: int) -> Any:
        if not done:
            done.append(await happens())
        return await asked(most)

    monkeypatch.setattr(store, "ended_leases", ended_leases)


def running(place: Place, term: Term = TERM, *events: Any) -> CaseFile:
    """A case whose clock runs since 12 May, with what waits on its account."""
    file = new_file(RECEIVED, office="centre", pin="s1")
    calendar = place.calendars("UZ-5")
    clock = c.start_clock(MINT.uuid(), file.case.id, "statutory", term, calendar, ZONE, at=RECEIVED)
    for event in events:
        clock = event(clock, calendar)
    file.add_clock(clock)
    file.case.due_at = clock.due_at
    wait(file, place.deployment.rules("s1"), clock)
    return file


async def due(store: DatabaseStore) -> list[tuple[TimerKind, datetime]]:
    return [(t.kind, t.due_at) for t in await store.due_timers(10)]


@pytest.mark.parametrize("silence", [Silence.NOTHING, Silence.GRANTED])
async def test_an_amendment_between_the_look_and_the_lock_is_heeded(
    timed: DatabaseStore, clock: MovingClock, second: Second, monkeypatch: pytest.MonkeyPatch, silence: Silence
) -> None:
    place = await in_may(timed, clock)
    other = await Place(await second()).start()
    (id_,) = await take(timed, running(place, replace(TERM, silence=silence)))
    clock.at = AFTER
    tick = Tick(place.deployment, timed, place.bus)
    in_between(timed, monkeypatch, lambda: other.amend.run("UZ-5", DECREE, by="operator:dilnoza"))
    assert await tick.run_once() == 1, "there is still something to look at"
    untouched = await stored(timed, id_)
    assert (await clock_of(timed, id_)).due_at == JUNE_3
    assert (untouched.decisions, [e.type for e in await timed.events_of(id_, 0, 100)]) == ([], ["case.received"])
    await tick.run_once()
    moved = await clock_of(timed, id_)
    assert (moved.state, moved.due_at, moved.calendar_version) == (ClockState.RUNNING, JUNE_5, "3")
    assert (await stored(timed, id_)).decisions == []
    assert [e.type for e in await timed.events_of(id_, 0, 100)][1:] == ["clock.moved"]
    assert await due(timed) == []
    clock.at = JUNE_5 + timedelta(seconds=60)
    await tick.run_once()
    expected = {Silence.NOTHING: ClockState.BREACHED, Silence.GRANTED: ClockState.TACITLY_GRANTED}
    assert (await clock_of(timed, id_)).state is expected[silence]


async def test_without_an_amendment_it_takes_effect_at_the_first_look(timed: DatabaseStore, clock: MovingClock) -> None:
    place = await in_may(timed, clock)
    (id_,) = await take(timed, running(place))
    clock.at = AFTER
    assert await Tick(place.deployment, timed, place.bus).run_once() == 1
    assert (await clock_of(timed, id_)).state is ClockState.BREACHED
    assert await due(timed) == []


async def test_a_process_that_has_read_no_calendar_reads_them_first(timed: DatabaseStore, clock: MovingClock) -> None:
    place = await in_may(timed, clock)
    (id_,) = await take(timed, running(place))
    await place.amend.run("UZ-5", DECREE, by="operator:dilnoza")
    clock.at = AFTER
    stranger = Place(timed)  # not started: it counts with the seeds
    tick = Tick(stranger.deployment, timed, stranger.bus)
    assert await tick.run_once() == 1 and await tick.run_once() == 1
    assert (await clock_of(timed, id_)).due_at == JUNE_5


async def test_a_suspension_that_lapses_is_measured_by_it_too(
    timed: DatabaseStore, clock: MovingClock, second: Second, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten working days of expertise from 19 May lapse with 2 June, and with 3 June when 29 May is given off."""
    term = replace(TERM, suspension=Suspension((Ground("expertise", Length(10, Unit.WORKING_DAYS)),)))
    place = await in_may(timed, clock)
    other = await Place(await second()).start()
    began = datetime(2026, 5, 19, 5, tzinfo=RECEIVED.tzinfo)
    (id_,) = await take(timed, running(place, term, lambda k, calendar: c.suspend(k, began, "expertise", calendar)))
    lapses_at = (await clock_of(timed, id_)).lapses_at
    assert lapses_at is not None
    clock.at = lapses_at + timedelta(minutes=1)
    tick = Tick(place.deployment, timed, place.bus)
    later = Amendment("an invented decree", off={date(2026, 5, 29): {}})
    in_between(timed, monkeypatch, lambda: other.amend.run("UZ-5", later, by="operator:dilnoza"))
    assert await tick.run_once() == 1
    assert (await clock_of(timed, id_)).state is ClockState.SUSPENDED
    while await tick.run_once():
        pass
    assert await place.all_of_it() <= 1
    held = await clock_of(timed, id_)
    assert held.lapses_at is not None and held.state is ClockState.SUSPENDED
    assert held.lapses_at > lapses_at, "the ground has a working day more: it holds the clock still"
    assert await timed.next_timer_at() == held.lapses_at
