"""A suspension that lapsed while no scheduler looked: the clock is judged as if one had, by every door."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from gateway.catalogue.calendars import seed
from gateway.domain import clock_acts, expiry
from gateway.domain import outcomes as o
from gateway.domain.applied import Said, apply
from gateway.domain.calendar import Calendar, DayKind, DayOff
from gateway.domain.clock import Clock, ClockState
from gateway.domain.course import ClockRefused
from gateway.domain.incident import IncidentKind, TimerKind
from gateway.domain.lapsing import run_on
from gateway.domain.progress import advance
from gateway.domain.service import Silence, Term, Unit
from gateway.domain.term_rule import Ground, Length, Suspension
from tests.unit.domain.world import START, Walk, make_rules, make_service

GROUNDS = Suspension((Ground("expertise", Length(2, Unit.WORKING_DAYS)), Ground("court")))
TERM = Term(5, Unit.WORKING_DAYS, "UZ-5", suspension=GROUNDS)
#: Held on 7 and 9 December (the 8th is off); five working days more, Saturday the 12th among them, end with Tuesday the 15th.
LAPSES = datetime(2026, 12, 9, 19, tzinfo=UTC)
DUE = datetime(2026, 12, 15, 19, tzinfo=UTC)


def suspended(silence: Silence = Silence.NOTHING, *, step: bool = False) -> Walk:
    """A case whose clock the experts have held since its receipt; nobody resumes it and no scheduler looks."""
    service = make_service(term=replace(TERM, silence=silence))
    if step:
        first, *others = service.steps
        service = replace(service, term=None, steps=(replace(first, term=TERM), *others))
    made = Walk(make_rules(service))
    name = "step birth" if step else "statutory"
    made.do(clock_acts.suspend, made.rules, name, "expertise", START, "to the experts", "op")
    assert only(made).lapses_at == LAPSES and only(made).due_at is None
    return made


def only(made: Walk) -> Clock:
    (clock,) = made.file.clocks.values()
    return clock


def until(made: Walk, at: datetime) -> None:
    made.pause((at - made.file.now).total_seconds())


@pytest.mark.parametrize("step", [False, True])
@pytest.mark.parametrize(
    ("reached", "state"),
    [
        (LAPSES - timedelta(seconds=1), ClockState.MET),
        (LAPSES, ClockState.MET),
        (DUE - timedelta(seconds=1), ClockState.MET),
        (DUE, ClockState.MET_LATE),
        (DUE + timedelta(days=9), ClockState.MET_LATE),
    ],
)
def test_an_end_is_judged_by_the_date_that_the_clock_had(*, step: bool, reached: datetime, state: ClockState) -> None:
    made = suspended(step=step)
    until(made, max(reached, DUE) + timedelta(days=10))
    apply(made.file, made.request("birth"), Said(o.Refused("R", "no"), "callback", reached), made.rules)
    advance(made.file, made.rules)
    assert (only(made).state, only(made).ended_at) == (state, reached)
    assert (only(made).due_at == DUE) is (reached >= LAPSES)


def test_silence_has_spoken_although_nobody_has_noticed() -> None:
    made = suspended(Silence.GRANTED)
    until(made, DUE + timedelta(days=1))
    made.send("birth", o.Refused("R", "no"))
    assert made.file.decisions == [], "the word came after the end: it is kept and decides nothing"
    assert (only(made).state, only(made).due_at) == (ClockState.RUNNING, DUE)
    made.do(lambda file: expiry.expire(file, made.rules, only(made)))
    assert [str(d.outcome) for d in made.file.decisions] == ["tacitly_granted"]
    assert made.history.count("decision.too_late") == 1


@pytest.mark.parametrize(
    ("act", "what", "code"),
    [
        (clock_acts.suspend, "court", "after_expiry"),
        (clock_acts.resume, "expertise", "after_expiry"),
        (clock_acts.extend, None, "notice_after_expiry"),
    ],
)
def test_an_operator_cannot_go_back_behind_an_end_that_nobody_has_noticed(act: Any, what: str | None, code: str) -> None:
    made = suspended()
    until(made, DUE + timedelta(hours=1))
    with pytest.raises(ClockRefused) as refused:
        act(made.file, made.rules, "statutory", what, LAPSES - timedelta(days=1), "why", "op")
    assert refused.value.code == code


def test_what_was_possible_before_the_end_is_possible_after_a_lapse_that_nobody_has_noticed() -> None:
    made = suspended()
    until(made, DUE - timedelta(hours=1))
    made.do(clock_acts.suspend, made.rules, "statutory", "court", made.file.now, "the court", "op")
    assert (only(made).state, only(made).lapses_at) == (ClockState.SUSPENDED, None)
    assert [e["event"] for e in only(made).events] == ["triggered", "suspended", "resumed", "suspended"]


def test_before_the_lapse_nothing_runs_on_and_afterwards_once() -> None:
    made = suspended()
    until(made, LAPSES + timedelta(days=1))
    run_on(made.file, made.rules, LAPSES - timedelta(microseconds=1))
    assert made.file.events == [] and only(made).state is ClockState.SUSPENDED
    run_on(made.file, made.rules, LAPSES)
    run_on(made.file, made.rules, made.file.now)
    assert [e.type for e in made.file.events] == ["clock.resumed"]
    assert (only(made).due_at, made.file.case.due_at) == (DUE, DUE)
    assert [t.kind for t in made.file.timers] == [TimerKind.CLOCK_WARNING]


def amended(*off: int) -> Calendar:
    days = {date(2026, 12, day): DayOff(DayKind.ADDITIONAL, {"en": "Day off"}, "an invented decree") for day in off}
    before = seed("UZ-5")
    return before.amended("2", off=days).following(before, "an invented decree")


def test_the_lapse_is_measured_by_the_calendar_of_its_instant() -> None:
    made = suspended()
    until(made, LAPSES + timedelta(seconds=30))
    after = amended(9)
    made.rules = replace(made.rules, calendar=lambda _: after)
    made.do(lambda file: expiry.lapse(file, made.rules, only(made)))
    clock = only(made)
    assert (clock.state, clock.lapses_at) == (ClockState.SUSPENDED, datetime(2026, 12, 10, 19, tzinfo=UTC))
    assert [(t.kind, t.due_at) for t in made.last.timers] == [(TimerKind.CLOCK_LAPSE, clock.lapses_at)]
    (event,) = [e for e in made.all_events if e.type == "clock.recalculated"]
    assert (event.payload["lapses_from"], event.payload["lapses_at"]) == (LAPSES, clock.lapses_at)
    assert not any(i.kind is IncidentKind.CLOCK_MOVED_INTO_PAST for i in made.all_incidents)
    assert clock.lapses_at is not None
    until(made, clock.lapses_at)
    made.do(lambda file: expiry.lapse(file, made.rules, only(made)))
    assert (only(made).state, only(made).due_at) == (ClockState.RUNNING, DUE + timedelta(days=1))
