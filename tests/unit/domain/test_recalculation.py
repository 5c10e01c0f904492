"""A decree and clocks that do not simply run: before their start, suspended, and moved into the past once and again."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from gateway.catalogue.calendars import seed
from gateway.domain import clock_acts, expiry
from gateway.domain.calendar import Calendar, DayKind, DayOff, WorkingDay
from gateway.domain.clock import Clock, ClockState
from gateway.domain.incident import IncidentKind, TimerKind
from gateway.domain.recalculation import recalendar
from gateway.domain.service import Term, Unit
from gateway.domain.term_rule import Ground, Length, Suspension
from tests.unit.domain.world import START, Walk, make_rules, make_service

GROUNDS = Suspension((Ground("expertise", Length(2, Unit.WORKING_DAYS)), Ground("court")))
TERM = Term(5, Unit.WORKING_DAYS, "UZ-5", suspension=GROUNDS, warn_before=1)
DUE = datetime(2026, 12, 14, 19, tzinfo=UTC)
SETTLE = timedelta(seconds=60)


class Decrees:
    """The versions of a calendar, one after another."""

    def __init__(self) -> None:
        self.now = seed("UZ-5")

    def issue(self, *, off: tuple[int, ...] = (), working: tuple[int, ...] = (), years: tuple[int, ...] = ()) -> Calendar:
        days = {date(2026, 12, day): DayOff(DayKind.ADDITIONAL, {"en": "Day off"}, "a decree") for day in off}
        works = {date(2026, 12, day): WorkingDay("a decree") for day in working}
        version = str(len(self.now.history) + 2)
        made = self.now.amended(version, off=days, working=works, decided_years=years)
        self.now = made.following(self.now, f"decree {version}")
        return self.now


def walk(decrees: Decrees, term: Term = TERM) -> Walk:
    rules = replace(make_rules(make_service(term=term)), calendar=lambda _: decrees.now)
    return Walk(rules)


def only(made: Walk) -> Clock:
    (clock,) = made.file.clocks.values()
    return clock


def until(made: Walk, at: datetime) -> None:
    made.pause((at - made.file.now).total_seconds())


def again(made: Walk) -> None:
    """What the recalculation does to a case: no more follows."""
    recalendar(made.file, made.rules, only(made))
    made._next()


def timers(made: Walk) -> list[tuple[TimerKind, datetime]]:
    return [(t.kind, t.due_at) for t in made.last.timers]


def events(made: Walk, type_: str) -> list[Any]:
    return [e.payload for e in made.all_events if e.type == type_]


def into_past(made: Walk) -> list[Any]:
    return [i for i in made.all_incidents if i.kind is IncidentKind.CLOCK_MOVED_INTO_PAST]


def test_before_its_start_a_clock_has_a_forecast_and_no_timer_and_starts_with_the_new_days() -> None:
    decrees = Decrees()
    made = walk(decrees, replace(TERM, start="payment"))
    assert (only(made).state, only(made).due_at) == (ClockState.NOT_STARTED, DUE)
    decrees.issue(off=(10,))
    again(made)
    later = DUE + timedelta(days=1)
    assert (only(made).state, only(made).due_at, only(made).provisional) == (ClockState.NOT_STARTED, later, True)
    assert timers(made) == [] and made.last.cleared_timers == [] and made.file.case.due_at == later
    (told,) = events(made, "clock.recalculated")
    assert (told["from"], told["to"], [w["decree"] for w in told["why"]]) == (DUE, later, ["decree 2"])
    again(made)
    assert len(events(made, "clock.recalculated")) == 1, "once"
    until(made, DUE + timedelta(days=30))
    decrees.issue(working=(12, 13))
    again(made)
    assert into_past(made) == [], "a forecast promises nothing"


def test_a_suspension_without_a_maximum_waits_for_nobody_and_its_date_comes_with_the_resume() -> None:
    decrees = Decrees()
    made = walk(decrees)
    made.do(clock_acts.suspend, made.rules, "statutory", "court", START, "the court", "op")
    decrees.issue(off=(16,))
    again(made)
    assert (only(made).state, only(made).due_at, only(made).lapses_at) == (ClockState.SUSPENDED, None, None)
    assert (only(made).calendar_version, timers(made), events(made, "clock.recalculated")) == ("2", [], [])
    resumed = datetime(2026, 12, 11, 5, tzinfo=UTC)
    until(made, resumed)
    made.do(clock_acts.resume, made.rules, "statutory", "court", resumed, "done", "op")
    assert only(made).due_at == datetime(2026, 12, 18, 19, tzinfo=UTC)  # 12, 14, 15, 17, 18 December


def test_a_lapse_that_moves_waits_at_its_new_instant_and_says_so() -> None:
    decrees = Decrees()
    made = walk(decrees)
    made.do(clock_acts.suspend, made.rules, "statutory", "expertise", START, "experts", "op")
    decrees.issue(off=(9,))
    again(made)
    lapses_at = datetime(2026, 12, 10, 19, tzinfo=UTC)
    assert (only(made).lapses_at, timers(made)) == (lapses_at, [(TimerKind.CLOCK_LAPSE, lapses_at)])
    assert (TimerKind.CLOCK_LAPSE, only(made).id) in made.last.cleared_timers
    (told,) = events(made, "clock.recalculated")
    assert (told["lapses_from"], told["lapses_at"]) == (datetime(2026, 12, 9, 19, tzinfo=UTC), lapses_at)
    decrees.issue(years=(2031,))
    again(made)
    assert len(events(made, "clock.recalculated")) == 1, "what changes nothing here is not told"


def test_a_lapse_and_an_end_that_move_into_the_past_are_an_incident_and_not_a_silent_breach() -> None:
    """Days off from 9 to 24 December are annulled on the 24th: the experts had two days, the term ended on the 15th."""
    decrees = Decrees()
    decrees.issue(off=(9, 10, 11, 14, 15, 16, 17, 18, 21, 22, 23, 24), years=(2026,))
    for day in (12, 26):  # the Saturdays that work rest with them
        decrees.now = decrees.now.amended(f"rest {day}", plain=[date(2026, 12, day)]).following(decrees.now, "rest")
    made = walk(decrees)
    made.do(clock_acts.suspend, made.rules, "statutory", "expertise", START, "experts", "op")
    held = only(made)
    assert held.lapses_at == datetime(2026, 12, 25, 19, tzinfo=UTC)
    until(made, datetime(2026, 12, 24, 5, tzinfo=UTC))
    decrees.now = replace(seed("UZ-5"), version="annulled").following(decrees.now, "annulment")
    again(made)
    clock = only(made)
    assert (clock.state, clock.due_at) == (ClockState.RUNNING, datetime(2026, 12, 15, 19, tzinfo=UTC))
    (incident,) = into_past(made)
    assert incident.detail["due_at"] == clock.due_at
    promised = incident.detail["from"]
    assert promised > datetime(2026, 12, 31, tzinfo=UTC), "the latest that people were told"
    assert timers(made) == [(TimerKind.CLOCK_EXPIRY, promised + SETTLE)]
    assert [e["due_at"] for e in events(made, "clock.resumed")] == [clock.due_at]
    until(made, promised + SETTLE)
    made.do(lambda file: expiry.expire(file, made.rules, only(made)))
    assert only(made).state is ClockState.BREACHED


def moved_into_past(decrees: Decrees) -> Walk:
    """Due on 16 December, until a decree of the 16th says that 9 and 10 December had worked."""
    decrees.issue(off=(9, 10))
    made = walk(decrees)
    promised = datetime(2026, 12, 16, 19, tzinfo=UTC)
    assert only(made).due_at == promised
    until(made, datetime(2026, 12, 16, 5, tzinfo=UTC))
    decrees.now = replace(seed("UZ-5"), version="annulled").following(decrees.now, "annulment")
    again(made)
    assert only(made).due_at == DUE and len(into_past(made)) == 1
    assert timers(made) == [(TimerKind.CLOCK_EXPIRY, promised + SETTLE)]
    return made


def test_a_further_decree_that_leaves_it_in_the_past_takes_no_effect_before_the_promised_date_either() -> None:
    decrees = Decrees()
    made = moved_into_past(decrees)
    decrees.issue(off=(10,))
    again(made)
    assert only(made).due_at == DUE + timedelta(days=1)
    assert (timers(made), made.last.cleared_timers) == ([], []), "the row of the promised date stands"
    assert made.file.open_incidents, "and so does the incident"


def test_a_further_decree_that_takes_it_out_of_the_past_ends_the_incident() -> None:
    decrees = Decrees()
    made = moved_into_past(decrees)
    decrees.issue(off=(10, 11, 14))
    again(made)
    later = datetime(2026, 12, 17, 19, tzinfo=UTC)
    assert (only(made).due_at, made.file.open_incidents) == (later, set())
    assert [kind for kind, _ in timers(made)] == [TimerKind.CLOCK_WARNING]


def test_an_end_within_the_settling_time_is_moved_by_nothing_but_its_expiry() -> None:
    decrees = Decrees()
    made = walk(decrees)
    until(made, DUE + timedelta(seconds=30))
    decrees.issue(working=(13,))
    again(made)
    assert (timers(made), into_past(made)) == ([], [])
    made.do(lambda file: expiry.expire(file, made.rules, only(made)))
    assert only(made).state is ClockState.BREACHED
