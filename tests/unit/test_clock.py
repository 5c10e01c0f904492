"""Clocks: every transition from every state."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from gateway.catalogue.calendars import seed
from gateway.domain.clock import (
    ENDED,
    Clock,
    ClockState,
    breach,
    cancel,
    end_clock,
    legal_deadline,
    new_clock,
    rederive,
    start,
    start_clock,
    warned,
)
from gateway.domain.errors import Conflict
from gateway.domain.service import Term, Unit

ID, CASE = UUID(int=1), UUID(int=2)
TERM = Term(5, Unit.WORKING_DAYS, start="payment")
RECEIVED = datetime(2026, 12, 7, 5, tzinfo=UTC)
DUE = datetime(2026, 12, 14, 19, tzinfo=UTC)
BEFORE, LATE = DUE - timedelta(microseconds=1), DUE + timedelta(hours=3)


def running() -> Clock:
    return start_clock(ID, CASE, "statutory", TERM, seed("UZ-5"), "Asia/Tashkent", at=RECEIVED)


def test_a_clock_that_waits_has_a_forecast_and_nothing_to_do() -> None:
    clock = new_clock(ID, CASE, "step", TERM, seed("UZ-5"), "Asia/Tashkent", forecast_from=RECEIVED, step="place")
    assert clock.state is ClockState.NOT_STARTED and clock.due_at == DUE and clock.provisional and clock.step == "place"
    assert clock.started_at is None and clock.next_at is None
    assert legal_deadline([clock]) is None


def test_the_trigger_starts_it_once() -> None:
    waiting = new_clock(ID, CASE, "statutory", TERM, seed("UZ-5"), "Asia/Tashkent", forecast_from=RECEIVED)
    clock = start(waiting, RECEIVED, seed("UZ-5"))
    assert clock.state is ClockState.RUNNING and clock.started_at == RECEIVED and clock.due_at == DUE and not clock.provisional
    assert clock.warn_at == datetime(2026, 12, 12, 4, tzinfo=UTC) == clock.next_at
    assert clock.rule == TERM and clock.calendar_version == seed("UZ-5").version
    assert clock.explanation[0]["code"] == "rule" and waiting.state is ClockState.NOT_STARTED
    assert start(clock, LATE, seed("UZ-5")) is clock


def test_after_the_warning_it_waits_for_the_end() -> None:
    clock = warned(running(), RECEIVED)
    assert clock.next_at == DUE and warned(clock, LATE) is clock


@pytest.mark.parametrize(("at", "state"), [(BEFORE, ClockState.MET), (DUE, ClockState.MET_LATE), (LATE, ClockState.MET_LATE)])
def test_an_end_is_judged_by_when_it_happened(at: datetime, state: ClockState) -> None:
    ended = end_clock(running(), at)
    assert ended.state is state and ended.ended_at == at and ended.next_at is None
    assert end_clock(ended, RECEIVED) is ended


def test_breach_only_when_due_then_ended_late_or_found_to_have_been_in_time() -> None:
    with pytest.raises(Conflict) as refused:
        breach(running(), BEFORE)
    assert refused.value.code == "clock_not_due"
    breached = breach(running(), DUE)
    assert breached.state is ClockState.BREACHED and breached.ended_at is None and breach(breached, LATE) is breached
    assert end_clock(breached, LATE).state is ClockState.MET_LATE
    assert end_clock(breached, BEFORE).state is ClockState.MET  # received in time, noticed after the expiry


def test_cancelling_keeps_a_breach_on_record() -> None:
    assert cancel(running(), LATE).state is ClockState.CANCELLED
    breached = breach(running(), DUE)
    assert cancel(breached, LATE) is breached
    waiting = new_clock(ID, CASE, "statutory", TERM, seed("UZ-5"), "Asia/Tashkent", forecast_from=RECEIVED)
    assert end_clock(waiting, LATE).state is ClockState.CANCELLED  # nothing to keep, nothing kept


@pytest.mark.parametrize("state", sorted(ENDED))
def test_what_ended_stays_as_it_is(state: ClockState) -> None:
    clock = replace(running(), state=state)
    assert end_clock(clock, LATE) is clock and cancel(clock, LATE) is clock and breach(clock, LATE) is clock
    assert rederive(clock, seed("UZ-6")) is clock and start(clock, LATE, seed("UZ-5")) is clock and clock.next_at is None


def test_a_new_calendar_moves_the_running_clock() -> None:
    amended = seed("UZ-5").amended("2", plain=[date(2026, 12, 12)])
    moved = rederive(running(), amended)
    assert moved.due_at == DUE + timedelta(days=1) and moved.calendar_version == "2" and moved.started_at == RECEIVED


def test_the_legal_deadline_is_the_earliest_that_is_open() -> None:
    clock = running()
    soon = replace(clock, due_at=DUE - timedelta(days=2))
    assert legal_deadline([clock, soon]) == soon.due_at
    assert legal_deadline([clock, end_clock(soon, RECEIVED)]) == DUE
    assert legal_deadline([clock, breach(soon, LATE)]) == soon.due_at  # already late is served first
    assert legal_deadline([]) is None
