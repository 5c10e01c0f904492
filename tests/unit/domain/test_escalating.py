"""A person takes over what is tried in vain while paper or the telephone can still do it in time."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from gateway.domain import outcomes as o
from gateway.domain.agency import LanePolicy
from gateway.domain.case_file import Timer
from gateway.domain.clock import ClockState
from gateway.domain.escalating import hand_over, takes_over_at
from gateway.domain.incident import IncidentKind, TimerKind
from gateway.domain.request import RequestStatus as S
from tests.unit.domain.world import Walk, make_agencies, make_rules

DUE = datetime(2026, 12, 14, 19, tzinfo=UTC)  # five working days from Monday 7 December; the 8th is off, Saturday works
TAKES_OVER = datetime(2026, 12, 12, 4, tzinfo=UTC)  # 09:00 in Tashkent, one working day before the last


def patient() -> Walk:
    """A walk whose agencies bear any number of tries."""
    agencies = {id_: replace(agency, lane=LanePolicy()) for id_, agency in make_agencies().items()}
    return Walk(make_rules(agencies=agencies))


def until(walk: Walk, at: datetime) -> None:
    walk.pause((at - walk.file.now).total_seconds())


def kinds(walk: Walk) -> list[IncidentKind]:
    return [i.kind for i in walk.all_incidents]


def test_a_failed_try_waits_for_the_margin_and_then_a_person_is_told_once() -> None:
    walk = patient()
    walk.send("birth", o.RetryLater("down"))
    request = walk.request("birth")
    assert takes_over_at(walk.file, request) == TAKES_OVER and request.due_at == DUE
    assert walk.last.timers == [Timer(TimerKind.ESCALATION, request.id, TAKES_OVER)]
    until(walk, TAKES_OVER)
    walk.do(hand_over, request)
    assert kinds(walk) == [IncidentKind.TIME_RUNS_OUT]
    assert walk.all_incidents[0].detail["due_at"] == DUE and walk.all_incidents[0].agency == "registry"
    assert (TimerKind.ESCALATION, request.id) in walk.last.cleared_timers
    for _ in range(40):  # the tries go on beside, and nobody is told again
        walk.send("birth", o.RetryLater("still down"))
        assert walk.status("birth") is S.READY
    assert kinds(walk) == [IncidentKind.TIME_RUNS_OUT]
    assert {c.state for c in walk.file.clocks.values()} == {ClockState.RUNNING}, "no technical failure stops the clock"
    walk.send("birth", o.Completed())
    assert walk.file.open_incidents == set()


def test_what_first_fails_within_the_margin_is_told_at_once() -> None:
    walk = patient()
    until(walk, TAKES_OVER)
    walk.send("birth", o.Unknown("reset"))
    assert kinds(walk) == [IncidentKind.TIME_RUNS_OUT] and walk.status("birth") is S.READY


def test_what_is_in_doubt_is_told_too() -> None:
    walk = patient()
    walk.send("birth", o.Completed())
    walk.send("permit", o.Unknown("reset"))
    assert walk.status("permit") is S.IN_DOUBT
    until(walk, TAKES_OVER)
    walk.do(hand_over, walk.request("permit"))
    assert kinds(walk) == [IncidentKind.TIME_RUNS_OUT]


def test_what_has_gone_through_since_is_told_to_nobody() -> None:
    walk = patient()
    walk.send("birth", o.RetryLater("down"))
    request = walk.request("birth")
    walk.release("birth")
    walk.said("birth", o.Accepted("A-1"), lease=True)
    until(walk, TAKES_OVER)
    walk.do(hand_over, request)
    assert kinds(walk) == []


def test_a_first_try_that_is_out_has_not_failed() -> None:
    walk = patient()
    until(walk, TAKES_OVER)
    walk.release("birth")
    walk.do(hand_over, walk.request("birth"))
    assert kinds(walk) == []


def test_an_end_that_has_moved_is_waited_for_again() -> None:
    walk = patient()
    walk.send("birth", o.RetryLater("down"))
    (clock,) = walk.file.clocks.values()
    later = TAKES_OVER.replace(day=15)
    walk.file.clocks[clock.id] = replace(clock, escalate_at=later)
    until(walk, TAKES_OVER)
    walk.do(hand_over, walk.request("birth"))
    assert kinds(walk) == [] and walk.last.timers == [Timer(TimerKind.ESCALATION, walk.request("birth").id, later)]


def test_without_a_term_there_is_nobody_to_call_in_time() -> None:
    walk = Walk(make_rules(replace(patient().rules.service, term=None), agencies=patient().rules.agencies))
    walk.send("birth", o.RetryLater("down"))
    assert takes_over_at(walk.file, walk.request("birth")) is None and walk.last.timers == []
