"""After a night in which nothing ran: what came in time counts, and all that was missed takes effect in the order of its true
time and as of that time. The same on both databases; the clock of the store is the test's."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from gateway.application.bus import REPLIES, BusUnavailable
from gateway.application.store import InboxItem
from gateway.application.tick import Tick
from gateway.application.track import Track
from gateway.domain import clock as c
from gateway.domain.case_file import CaseFile
from gateway.domain.clocks import show_due, wait_anew
from gateway.domain.service import AfterDeadline, Silence, Unit
from gateway.domain.term_rule import Ground, Length, Suspension
from gateway.messaging import connect
from gateway.storage import DatabaseStore
from tests.integration.storage.moving import MovingClock
from tests.integration.storage.samples import stored
from tests.path.schedulers.due import (
    HOUR,
    SHORT,
    ask_applicant,
    callback,
    clock_of,
    deployment,
    due_case,
    hours,
    intake,
    only,
    service,
)

NIGHT = 10 * HOUR
SECOND = timedelta(seconds=1)
_STOPS = Suspension((Ground("expertise", Length(1, Unit.HOURS)),))
SERVICES = (
    service("plain", hours(SHORT)),
    service("granted", hours(SHORT, silence=Silence.GRANTED)),
    service("asked", hours(SHORT, silence=Silence.GRANTED), after_deadline=AfterDeadline.REFUSE),
    service("stopped", hours(SHORT, silence=Silence.GRANTED, suspension=_STOPS)),
)


class Night:
    """A gateway that ran when the cases came and comes back ten hours later."""

    def __init__(self, store: DatabaseStore, clock: MovingClock) -> None:
        self.store = store
        self.clock = clock
        self.rules = deployment(SERVICES)
        self.bus: Any = connect("memory://")
        self.evening = clock.at

    def case(self, sort: str) -> CaseFile:
        """A case that came in the evening; its term ends three hours later. It is stored by ``keep``."""
        return due_case(self.rules, sort, self.evening, timedelta())

    async def keep(self, *files: CaseFile) -> None:
        await self.rules.calendars.start(self.store)
        await self.store.take_in([intake(file) for file in files])

    async def said(self, file: CaseFile, hours_later: float, outcome: str = "completed", **more: Any) -> InboxItem:
        """The agency calls back so many hours after the evening, and nobody applies it."""
        item = callback(self.evening + hours_later * HOUR, only(file).reference, outcome, **more)
        await self.store.keep_callback(item)
        return item

    async def morning(self, **how: Any) -> Tick:
        await self.bus.open()
        self.clock.at = self.evening + NIGHT
        return Tick(self.rules, self.store, self.bus, **how)

    async def told(self, file: CaseFile) -> list[tuple[str, float]]:
        """What has happened since the evening and tells its true time: type and hours after the evening."""
        events = await self.store.events_of(file.case.id, 0, 100)
        return [(e.type, self.hours(e.payload["at"])) for e in events if "at" in e.payload and e.time > self.evening]

    async def decisions(self, file: CaseFile) -> list[tuple[str, float]]:
        return [(d.outcome, self.hours(d.date_given)) for d in (await stored(self.store, file.case.id)).decisions]

    def hours(self, at: Any) -> float:
        moment = self.clock.at.fromisoformat(at) if isinstance(at, str) else at
        return float((moment - self.evening) / HOUR)


@pytest.fixture
def night(timed: DatabaseStore, clock: MovingClock) -> Night:
    return Night(timed, clock)


async def test_a_callback_of_before_the_end_counts_and_one_of_after_it_does_not(night: Night) -> None:
    early, late, exact = (night.case("granted") for _ in range(3))
    await night.keep(early, late, exact)
    await night.said(early, SHORT - 0.01)
    await night.said(late, SHORT + 0.01)
    await night.said(exact, SHORT)  # the first instant that is too late
    tick = await night.morning()
    assert await tick.run_once() == 3
    assert await night.decisions(early) == [("granted", SHORT - 0.01)]
    assert clock_of(await stored(night.store, early.case.id)).state == "met"
    for file in (late, exact):
        assert await night.decisions(file) == [("tacitly_granted", SHORT)]
    await Track(night.rules, night.store, night.bus).inbox()
    for file in (late, exact):
        assert await night.decisions(file) == [("tacitly_granted", SHORT)]
        assert [e.type for e in await night.store.events_of(file.case.id, 0, 100)].count("decision.too_late") == 1
    assert await tick.run_once() == 0


async def test_a_callback_that_matched_nothing_when_it_came_counts_as_of_when_it_came(night: Night) -> None:
    file = night.case("granted")
    await night.said(file, SHORT - 1)
    night.clock.forward(hours=SHORT)
    ((_, case_id, _),) = await night.store.claim_callbacks(10)
    assert case_id is None, "the reference is known only later"
    night.clock.at = night.evening
    await night.keep(file)
    tick = await night.morning()
    await tick.run_once()
    assert await night.decisions(file) == [("granted", SHORT - 1)]
    assert await night.store.due_timers(10) == [], "nor does anything wait for its reference any more"


async def test_of_two_that_were_missed_the_earlier_takes_effect_first(night: Night) -> None:
    deadline_first, term_first = night.case("asked"), night.case("asked")
    ask_applicant(deadline_first, night.evening + 2 * HOUR)
    ask_applicant(term_first, night.evening + 4 * HOUR)
    await night.keep(deadline_first, term_first)
    tick = await night.morning()
    assert await tick.run_once() == 4
    assert await night.decisions(deadline_first) == [("refused", 2)]
    assert await night.told(deadline_first) == [("applicant.deadline_passed", 2), ("clock.ended", 2)]
    assert clock_of(await stored(night.store, deadline_first.case.id)).state == "met"
    assert await night.decisions(term_first) == [("tacitly_granted", 3)], "no later rule overwrites a tacit decision"
    assert await night.told(term_first) == [("clock.ended", 3), ("applicant.deadline_passed", 4)]
    assert (await stored(night.store, term_first.case.id)).case.status == "closed"


async def test_what_follows_from_the_missed_takes_its_turn_among_the_missed(night: Night) -> None:
    """A warning sets the row of the end only when it fires: both were missed, and the deadline came after both."""
    file = night.case("asked")
    clock = replace(clock_of(file), warn_at=night.evening + HOUR)
    file.put_clock(clock)
    wait_anew(file, night.rules.rules(file.case.pin), clock)
    ask_applicant(file, night.evening + 4 * HOUR)
    await night.keep(file)
    await (await night.morning()).run_once()
    assert await night.decisions(file) == [("tacitly_granted", 3)]
    order = [("clock.warned", 1), ("clock.ended", 3), ("applicant.deadline_passed", 4)]
    assert await night.told(file) == order


async def test_a_suspension_and_the_term_behind_it_end_in_one_night(night: Night) -> None:
    silent, answered = night.case("stopped"), night.case("stopped")
    for file in (silent, answered):
        clock = c.suspend(clock_of(file), night.evening + HOUR, "expertise", night.rules.calendars("UZ-5"))
        file.put_clock(clock)
        show_due(file, clock)
        wait_anew(file, night.rules.rules(file.case.pin), clock)
    await night.keep(silent, answered)
    await night.said(answered, 3.5)  # after three hours, but one of them did not count
    await (await night.morning()).run_once()
    assert await night.told(silent) == [("clock.resumed", 2), ("clock.ended", 4)]
    assert await night.decisions(silent) == [("tacitly_granted", 4)]
    assert await night.decisions(answered) == [("granted", 3.5)]


async def test_an_applicant_who_was_asked_in_the_night_and_let_the_deadline_pass(night: Night) -> None:
    """The question came as a callback that nobody applied until the morning, when its deadline is over too."""
    file = night.case("asked")
    await night.keep(file)
    until = night.evening + 2 * HOUR
    await night.said(file, 1, "needs_applicant", what="certificate", until=until.isoformat())
    await (await night.morning()).run_once()
    assert await night.decisions(file) == [("refused", 2)]


async def test_what_expired_in_the_night_waits_until_the_broker_has_been_heard(night: Night) -> None:
    """Not longer than the settling time asks, and what only tells does not wait."""
    missed, warned = night.case("granted"), night.case("plain")
    clock = replace(clock_of(warned), warn_at=night.evening + HOUR)
    warned.put_clock(clock)
    wait_anew(warned, night.rules.rules(warned.case.pin), clock)
    await night.keep(missed, warned)
    tick = await night.morning(settle_secs=60, batch=1)  # what is held must not stand before the others
    replies: list[Any] = [1]

    async def depth(queue: str) -> int:
        assert queue == REPLIES
        if replies == ["away"]:
            raise BusUnavailable("no broker")
        return len(replies)

    night.bus.depth = depth
    assert await tick.run_once() == 1
    assert [type_ for type_, _ in await night.told(warned)] == ["clock.warned"]
    for _ in range(2):
        night.clock.forward(seconds=50)
        assert await tick.run_once() == 0, "the settling time is over, and a reply stands at the broker"
    replies[:] = ["away"]
    assert await tick.run_once() == 0, "a broker that is away says nothing of its replies"
    replies.clear()
    assert await tick.run_once() == 0, "a tracker may hold what it took from the queue last"
    night.clock.forward(seconds=50)
    assert await tick.run_once() == 0
    replies[:] = [1]
    assert await tick.run_once() == 0, "it came back to the queue"
    replies.clear()
    assert await tick.run_once() == 0, "the settling time begins anew"
    night.clock.forward(seconds=30)
    assert await tick.run_once() == 0
    night.clock.forward(seconds=30)
    assert await tick.run_once() == 1
    assert await tick.run_once() == 1
    assert await night.decisions(missed) == [("tacitly_granted", 3)]
    assert clock_of(await stored(night.store, warned.case.id)).state == "breached"


async def test_a_broker_that_stays_away_holds_nothing_up_for_ever(night: Night) -> None:
    file = night.case("granted")
    await night.keep(file)
    tick = await night.morning(settle_secs=60)

    async def depth(_queue: str) -> int:
        raise BusUnavailable("no broker")

    night.bus.depth = depth
    assert await tick.run_once() == 0
    for _ in range(2):  # it looks at least once a minute, else that would be one more outage
        for _ in range(70):
            night.clock.forward(seconds=50)
            await tick.run_once()
    assert await night.decisions(file) == [("tacitly_granted", 3)]
