"""Versions of calendars, and clocks in flight that follow them: once each, by any number of processes, over any death.

The dates are those of Uzbekistan in May 2026: the decree that gave 28 and 29 May off came while terms were running.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from gateway.application.calendars import AmendCalendar, Calendars
from gateway.application.deployment import Deployment
from gateway.application.recalculate import Recalculate
from gateway.catalogue.calendars import IDS, seed, seed_version
from gateway.domain import clock as c
from gateway.domain.amendment import Amendment
from gateway.domain.calendar import DayKind, DayOff
from gateway.domain.case_file import CaseFile
from gateway.domain.clock import Clock, ClockState
from gateway.domain.errors import BadInput, Conflict, NotFound
from gateway.domain.incident import IncidentKind, TimerKind
from gateway.domain.service import Term, Unit
from gateway.messaging import connect
from gateway.storage import DatabaseStore, open_store
from tests.integration.storage.moving import MovingClock
from tests.integration.storage.samples import MINT, new_file, stored, take
from tests.unit.application.small import catalogue, service

ZONE = "Asia/Tashkent"
RECEIVED = datetime(2026, 5, 12, 5, 0, tzinfo=UTC)
#: The first instant after 3 and 5 June in Tashkent.
JUNE_3, JUNE_5 = datetime(2026, 6, 3, 19, 0, tzinfo=UTC), datetime(2026, 6, 5, 19, 0, tzinfo=UTC)
TERM = Term(15, Unit.WORKING_DAYS, "UZ-5", warn_before=1)
BEFORE = Amendment("as it stood before PQ-194", plain=(date(2026, 5, 28), date(2026, 5, 29)))
DECREE = Amendment("PQ-194, 20.05.2026", off={date(2026, 5, 28): {}, date(2026, 5, 29): {}})
DECREE_OF_2027 = Amendment("PQ-1, 2026", off={date(2027, 1, 4): {}}, decided=(2027,))
DAY_OFF_2030 = {date(2030, 2, 5): DayOff(DayKind.ADDITIONAL)}
Second = Callable[[], Awaitable[DatabaseStore]]


@pytest_asyncio.fixture
async def second(url: str, clock: MovingClock, timed: DatabaseStore) -> AsyncIterator[Second]:
    """Another process's store on the same clock. SQLite serves one process: there it is the same store."""
    opened: list[DatabaseStore] = []

    async def make() -> DatabaseStore:
        if url.startswith("sqlite"):
            return timed
        opened.append(open_store(url, clock=clock))
        await opened[-1].open()
        return opened[-1]

    yield make
    for store in opened:
        await store.close()


class Place:
    """What one process has: calendars, the use cases over them, and the store."""

    def __init__(self, store: DatabaseStore, batch: int = 200, term: Term = TERM) -> None:
        self.store = store
        self.bus = connect("memory://calendars")
        self.calendars = Calendars(seed, IDS, seed_version())
        self.deployment = Deployment(catalogue([service(term=term)]), {}, self.calendars, settle_secs=60)
        self.amend = AmendCalendar(self.calendars, store, self.bus)
        self.recalculate = Recalculate(self.deployment, store, self.bus, batch=batch)

    async def start(self) -> Place:
        await self.store.put_pins(self.deployment.pins())
        await self.calendars.start(self.store)
        return self

    async def all_of_it(self) -> int:
        done = 0
        while step := await self.recalculate.run_once():
            done += step
        return done


async def in_may(store: DatabaseStore, clock: MovingClock, batch: int = 200) -> Place:
    """A process on 12 May, before the decree."""
    clock.at = RECEIVED
    place = await Place(store, batch).start()
    await place.amend.run("UZ-5", BEFORE, by="operator:dilnoza")
    return place


def in_flight(place: Place, calendar: str = "UZ-5", at: datetime = RECEIVED, **fields: Any) -> CaseFile:
    """A case whose clock runs since ``at``."""
    file = new_file(at, office="centre", pin="s1", **fields)
    term = Term(15, Unit.WORKING_DAYS, calendar, warn_before=1)
    clock = c.start_clock(MINT.uuid(), file.case.id, "statutory", term, place.calendars(calendar), ZONE, at=at)
    file.add_clock(clock)
    file.case.due_at, file.case.due_provisional = clock.due_at, clock.provisional
    assert clock.warn_at is not None
    file.set_timer(TimerKind.CLOCK_WARNING, clock.id, clock.warn_at)
    return file


async def clock_of(store: DatabaseStore, id_: UUID) -> Clock:
    (clock,) = (await stored(store, id_)).clocks.values()
    return clock


async def told(store: DatabaseStore, id_: UUID) -> list[Any]:
    return [e.payload for e in await store.events_of(id_, 0, 100) if e.type == "clock.recalculated"]


async def test_seeds_are_kept_once_and_read_back_as_they_are(store: DatabaseStore, other: DatabaseStore) -> None:
    await asyncio.gather(Place(store).start(), Place(other).start())
    assert await store.calendar_numbers() == dict.fromkeys(IDS, 1)
    for id_ in IDS:
        kept = await store.calendar_version(id_)
        assert kept is not None
        read, made = kept.calendar, seed(id_)
        assert read.changes_from(made) == made.changes_from(read) == ()
        assert (read.version, read.decided_years, read.weekend) == (made.version, made.decided_years, made.weekend)
        assert (kept.entry.made_by, kept.entry.decree) == ("seed", "")


async def test_a_newer_source_follows_unless_an_operator_has_amended(store: DatabaseStore) -> None:
    place = await Place(store).start()
    await place.amend.run("UZ-5", DECREE_OF_2027, by="operator:dilnoza")
    newer = {id_: seed(id_).amended("holidays-9.9", off=DAY_OFF_2030) for id_ in ("UZ-5", "UZ-6")}
    calendars = Calendars(newer.__getitem__, tuple(newer), "holidays-9.9")
    await calendars.start(store)
    assert [calendars("UZ-5").version, calendars("UZ-6").version] == ["2", "holidays-9.9"]
    (step,) = calendars("UZ-6").history
    assert (step.since, step.decree, [change.day for change in step.days]) == (seed_version(), "", list(DAY_OFF_2030))
    await Place(store).start()  # a process of the older release comes back
    assert (await store.calendar_numbers())["UZ-6"] == 2


async def test_an_amendment_is_a_further_version_and_overwrites_nothing(store: DatabaseStore) -> None:
    place = await Place(store).start()
    made = await place.amend.run("UZ-5", DECREE_OF_2027, by="operator:dilnoza", note="from the gazette")
    assert (made.entry.number, made.entry.version, made.entry.decree, made.entry.note) == (
        2,
        "2",
        "PQ-1, 2026",
        "from the gazette",
    )
    assert not place.calendars("UZ-5").is_working_day(date(2027, 1, 4))
    entries = await store.calendar_entries("UZ-5")
    assert [(e.number, e.made_by) for e in entries] == [(2, "operator:dilnoza"), (1, "seed")]
    first = await store.calendar_version("UZ-5", 1)
    assert first is not None
    assert first.calendar.is_working_day(date(2027, 1, 4))
    again = await store.calendar_version("UZ-5", version=seed_version())
    assert again is not None
    assert again.entry == first.entry
    assert place.calendars("UZ-6").version == seed_version()


async def test_what_is_refused_changes_nothing(store: DatabaseStore) -> None:
    place = await Place(store).start()
    twice = Amendment("PQ-1", off={date(2027, 1, 4): {}}, plain=(date(2027, 1, 4),))
    with pytest.raises(BadInput) as refused:
        await place.amend.run("UZ-5", twice, by="operator:dilnoza")
    assert {problem.code for problem in refused.value.problems} == {"day_twice", "day_plain"}
    with pytest.raises(Conflict, match="has moved to version 1"):
        await place.amend.run("UZ-5", DECREE_OF_2027, by="operator:dilnoza", if_number=7)
    with pytest.raises(NotFound):
        await place.amend.run("XX-5", DECREE_OF_2027, by="operator:dilnoza")
    assert (await store.calendar_numbers())["UZ-5"] == 1


async def test_amendments_at_once_take_turns(store: DatabaseStore, other: DatabaseStore) -> None:
    places = [await Place(store).start(), await Place(other).start()]
    days = [date(2027, 2, day) for day in (1, 2, 3, 4)]
    await asyncio.gather(
        *(places[n % 2].amend.run("UZ-5", Amendment("PQ-2", off={day: {}}), by="two") for n, day in enumerate(days))
    )
    kept = await store.calendar_version("UZ-5")
    assert kept is not None
    assert kept.entry.number == 5
    assert [step.version for step in kept.calendar.history] == ["2", "3", "4", "5"]
    assert not any(kept.calendar.is_working_day(day) for day in days)


async def test_the_known_answer_before_and_after_the_decree(timed: DatabaseStore, clock: MovingClock) -> None:
    place = await in_may(timed, clock)
    id_, elsewhere = await take(timed, in_flight(place), in_flight(place, "UZ-6"))
    assert (await clock_of(timed, id_)).due_at == JUNE_3
    assert await place.all_of_it() == 0
    clock.at = datetime(2026, 5, 20, 6, 0, tzinfo=UTC)
    await place.amend.run("UZ-5", DECREE, by="operator:dilnoza")
    assert await timed.clocks_behind("UZ-5") == 1
    assert await place.all_of_it() == 1
    assert await timed.clocks_behind("UZ-5") == 0
    file, moved = await stored(timed, id_), await clock_of(timed, id_)
    assert (moved.due_at, moved.state, moved.calendar_version) == (JUNE_5, ClockState.RUNNING, "3")
    assert (file.case.due_at, file.case.due_provisional) == (JUNE_5, False)
    (event,) = await told(timed, id_)
    assert (datetime.fromisoformat(event["from"]), datetime.fromisoformat(event["to"])) == (JUNE_3, JUNE_5)
    (why,) = event["why"]
    assert (why["decree"], [day["date"] for day in why["days"]]) == ("PQ-194, 20.05.2026", ["2026-05-28", "2026-05-29"])
    assert why["days"][0] | {"date": ""} == {"date": "", "was": "working", "now": "additional"}
    assert await told(timed, elsewhere) == []
    assert (await clock_of(timed, elsewhere)).calendar_version == seed_version()
    clock.at = JUNE_5
    timers = [(timer.kind, timer.subject) for timer in await timed.due_timers(10)]
    assert (TimerKind.CLOCK_WARNING, moved.id) in timers


async def test_a_version_that_changes_no_date_of_a_case_is_no_event(timed: DatabaseStore, clock: MovingClock) -> None:
    place = await in_may(timed, clock)
    (id_,) = await take(timed, in_flight(place))
    await place.amend.run("UZ-5", DECREE_OF_2027, by="operator:dilnoza")
    assert await place.all_of_it() == 1
    assert await told(timed, id_) == []
    assert (await clock_of(timed, id_)).calendar_version == "3"


async def test_a_date_that_moves_into_the_past_is_an_incident_and_waits_for_the_promised_one(
    timed: DatabaseStore, clock: MovingClock
) -> None:
    place = await in_may(timed, clock)
    await place.amend.run("UZ-5", DECREE, by="operator:dilnoza")
    (id_,) = await take(timed, in_flight(place))
    assert (await clock_of(timed, id_)).due_at == JUNE_5
    clock.at = datetime(2026, 6, 4, 6, 0, tzinfo=UTC)
    annulled = Amendment("PQ-195 annuls PQ-194", plain=BEFORE.plain)
    await place.amend.run("UZ-5", annulled, by="operator:dilnoza")
    assert await place.all_of_it() == 1
    moved = await clock_of(timed, id_)
    assert (moved.due_at, moved.state) == (JUNE_3, ClockState.RUNNING)
    page = await timed.incidents(state="open", kind=IncidentKind.CLOCK_MOVED_INTO_PAST, agency="", case_id=id_, after="", limit=9)
    assert [i.detail["due_at"] for i in page.items] == [JUNE_3.isoformat()]
    assert await timed.due_timers(10) == []
    clock.at = JUNE_5 + timedelta(seconds=60)
    assert [(timer.kind, timer.subject) for timer in await timed.due_timers(10)] == [(TimerKind.CLOCK_EXPIRY, moved.id)]
    clock.at = datetime(2026, 6, 4, 7, 0, tzinfo=UTC)
    await place.amend.run("UZ-5", DECREE, by="operator:dilnoza")
    await place.all_of_it()
    assert (await stored(timed, id_)).open_incidents == set()


async def test_a_clock_that_waits_for_its_trigger_forecasts_with_the_new_version(
    timed: DatabaseStore, clock: MovingClock
) -> None:
    await in_may(timed, clock)
    paid = replace(TERM, start="payment")
    place = await Place(timed, term=paid).start()
    file = new_file(RECEIVED, office="centre", pin="s1")
    waits = c.new_clock(MINT.uuid(), file.case.id, "statutory", paid, place.calendars("UZ-5"), ZONE, forecast_from=RECEIVED)
    file.add_clock(waits)
    await take(timed, file)
    await place.amend.run("UZ-5", DECREE, by="operator:dilnoza")
    assert await place.all_of_it() == 1
    now = await clock_of(timed, file.case.id)
    assert (now.state, now.due_at, now.provisional) == (ClockState.NOT_STARTED, JUNE_5, True)
    assert len(await told(timed, file.case.id)) == 1


async def test_clocks_that_have_ended_are_left_alone(timed: DatabaseStore, clock: MovingClock) -> None:
    place = await in_may(timed, clock)
    (id_,) = await take(timed, in_flight(place))

    def end(file: CaseFile) -> None:
        for one in list(file.clocks.values()):
            file.clocks[one.id] = c.end_clock(one, file.now)
            file.changed_clocks.add(one.id)

    await timed.change([id_], end)
    await place.amend.run("UZ-5", DECREE, by="operator:dilnoza")
    assert await place.all_of_it() == 0
    assert (await clock_of(timed, id_)).due_at == JUNE_3


async def test_a_clock_of_a_version_that_nobody_kept_is_behind_too(timed: DatabaseStore, clock: MovingClock) -> None:
    place = await in_may(timed, clock)
    file = in_flight(place)
    (known,) = file.clocks.values()
    known.calendar_version = "holidays-0.1"
    await take(timed, file)
    assert await place.all_of_it() == 1
    assert (await clock_of(timed, file.case.id)).calendar_version == "2"


async def test_two_at_once_do_each_case_once(timed: DatabaseStore, clock: MovingClock, second: Second) -> None:
    place = await in_may(timed, clock, batch=7)
    ids = await take(timed, *(in_flight(place) for _ in range(60)))
    await place.amend.run("UZ-5", DECREE, by="operator:dilnoza")
    other = await Place(await second(), batch=7).start()
    done = await asyncio.gather(place.all_of_it(), other.all_of_it())
    assert sum(done) >= 60
    for id_ in ids:
        assert (await clock_of(timed, id_)).due_at == JUNE_5
        assert len(await told(timed, id_)) == 1


async def test_a_process_that_knows_an_older_version_takes_nothing_back(
    timed: DatabaseStore, clock: MovingClock, second: Second
) -> None:
    place = await in_may(timed, clock)
    (id_,) = await take(timed, in_flight(place))
    late = await Place(await second()).start()
    await place.amend.run("UZ-5", DECREE, by="operator:dilnoza")
    await place.all_of_it()
    behind = late.calendars.numbers()["UZ-5"]
    assert behind == 2
    assert await timed.recalculate("UZ-5", behind, late.recalculate._decide, 10) == {}
    assert await late.all_of_it() == 0
    assert late.calendars("UZ-5").version == "3"
    assert (await clock_of(timed, id_)).due_at == JUNE_5


async def test_a_death_in_the_middle_leaves_the_rest_to_the_next(timed: DatabaseStore, clock: MovingClock) -> None:
    place = await in_may(timed, clock, batch=5)
    ids = await take(timed, *(in_flight(place) for _ in range(20)))
    await place.amend.run("UZ-5", DECREE, by="operator:dilnoza")
    assert await place.recalculate.run_once() == 5
    decide, seen = place.recalculate._decide, 0

    def die(file: CaseFile) -> None:
        nonlocal seen
        decide(file)
        seen += 1
        if seen == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await timed.recalculate("UZ-5", 3, die, 5)
    assert await timed.clocks_behind("UZ-5") == 15
    assert await (await Place(timed).start()).all_of_it() == 15
    for id_ in ids:
        assert len(await told(timed, id_)) == 1


async def test_one_case_that_cannot_be_done_keeps_nobody_back(timed: DatabaseStore, clock: MovingClock) -> None:
    place = await in_may(timed, clock, batch=2)
    lost = in_flight(place)
    lost.case.pin = "lost"
    first, *rest = await take(timed, lost, *(in_flight(place) for _ in range(5)))
    await place.amend.run("UZ-5", DECREE, by="operator:dilnoza")
    assert await place.all_of_it() == 5
    assert [(await clock_of(timed, id_)).due_at for id_ in rest] == [JUNE_5] * 5
    assert any("rule_failed" in print_ for print_ in (await stored(timed, first)).open_incidents)
    assert (await clock_of(timed, first)).due_at == JUNE_3
