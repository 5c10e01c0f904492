"""Silence, suspensions and extensions on a case: what takes effect, once, and what is refused and changes nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gateway.domain import clock_acts, expiry
from gateway.domain import outcomes as o
from gateway.domain.acts import supplement
from gateway.domain.case import CaseOutcome, CaseStatus
from gateway.domain.clock import Clock, ClockState
from gateway.domain.course import ClockRefused
from gateway.domain.errors import BadInput, Conflict
from gateway.domain.incident import IncidentKind, TimerKind
from gateway.domain.progress import advance
from gateway.domain.request import RequestStatus as S
from gateway.domain.service import Silence, Term, Unit
from gateway.domain.term_rule import Extension, Ground, Length, Suspension
from tests.unit.domain.world import START, Walk, make_rules, make_service

DUE = datetime(2026, 12, 14, 19, tzinfo=UTC)  # five working days from Monday 7 December; the 8th is off, Saturday works
GROUNDS = Suspension((Ground("needs_applicant"), Ground("expertise", Length(2, Unit.WORKING_DAYS))))


def walk(silence: Silence = Silence.NOTHING, **more: Any) -> Walk:
    term = Term(5, Unit.WORKING_DAYS, "UZ-5", silence=silence, legal_basis="an invented law, article 7", **more)
    return Walk(make_rules(make_service(term=term, standard={"authority": "ministry"})))


def clock(made: Walk, kind: str = "statutory") -> Clock:
    return next(c for c in made.file.clocks.values() if c.kind == kind)


def until(made: Walk, at: datetime) -> None:
    made.pause((at - made.file.now).total_seconds())


def expire(made: Walk, at: datetime = DUE + timedelta(seconds=60)) -> None:
    until(made, at)
    made.do(lambda file: expiry.expire(file, made.rules, clock(made)))


def kinds(made: Walk) -> list[IncidentKind]:
    return [i.kind for i in made.all_incidents]


@pytest.mark.parametrize(
    ("silence", "outcome", "state"),
    [
        (Silence.GRANTED, CaseOutcome.TACITLY_GRANTED, ClockState.TACITLY_GRANTED),
        (Silence.REFUSED, CaseOutcome.TACITLY_REFUSED, ClockState.TACITLY_REFUSED),
    ],
)
def test_silence_decides_once_with_its_ground_and_its_true_time(
    silence: Silence, outcome: CaseOutcome, state: ClockState
) -> None:
    made = walk(silence)
    made.send("birth", o.Completed())
    made.send("permit", o.Accepted("A-1"))
    expire(made)
    (decision,) = made.file.decisions
    assert (decision.outcome, decision.authority, decision.date_given) == (outcome, "ministry", DUE)
    assert decision.legal_basis == "an invented law, article 7" and decision.date_recorded == DUE + timedelta(seconds=60)
    assert made.file.case.outcome is outcome and made.file.case.status is CaseStatus.DECIDED
    assert (clock(made).state, clock(made).ended_at) == (state, DUE)
    expire(made, made.file.now)
    assert len(made.file.decisions) == 1 and made.history.count("case.decided") == 1


def test_a_later_reply_never_overwrites_it() -> None:
    made = walk(Silence.GRANTED)
    made.send("birth", o.Completed())
    made.send("permit", o.Accepted("A-1"))
    expire(made)
    made.said("permit", o.Refused("R", "no"))
    assert made.status("permit") is S.REFUSED
    assert made.file.case.outcome is CaseOutcome.TACITLY_GRANTED and len(made.file.decisions) == 1
    assert made.history.count("decision.too_late") == 1 and IncidentKind.CLOCK_DISPUTED not in kinds(made)


def test_a_word_within_the_settling_time_is_too_late_and_is_told_after_silence_has_spoken() -> None:
    made = walk(Silence.GRANTED)
    until(made, DUE)
    made.send("birth", o.Refused("R", "no"))
    assert made.file.decisions == [] and clock(made).state is ClockState.RUNNING
    expire(made)
    assert made.file.case.outcome is CaseOutcome.TACITLY_GRANTED
    assert made.history.count("decision.too_late") == 1


def test_a_word_that_reached_us_in_time_counts_although_it_is_applied_later() -> None:
    made = walk(Silence.GRANTED)
    made.release("birth")
    until(made, DUE + timedelta(seconds=30))
    request = made.request("birth")
    from gateway.domain.applied import Said, apply  # noqa: PLC0415 - only here

    apply(made.file, request, Said(o.Refused("R", "no"), "callback", DUE - timedelta(seconds=1)), made.rules)
    advance(made.file, made.rules)
    assert made.file.case.outcome is CaseOutcome.REFUSED and clock(made).state is ClockState.MET


def test_a_decision_dated_in_time_that_came_late_is_disputed() -> None:
    made = walk()
    rules = replace(
        made.rules,
        evaluate=lambda _e, data: (
            {"outcome": "refused", "authority": "ministry", "date_given": "2026-12-14"}
            if "refused" in data["steps"].values()
            else None
        ),
    )
    made.rules = rules
    until(made, DUE + timedelta(hours=5))
    made.send("birth", o.Refused("R", "no"))
    assert clock(made).state is ClockState.DISPUTED and kinds(made) == [IncidentKind.CLOCK_DISPUTED]


def test_what_a_worker_may_still_bring_is_waited_for() -> None:
    made = walk(Silence.GRANTED)
    until(made, DUE - timedelta(seconds=5))
    made.release("birth")
    lease = made.request("birth").lease_until
    assert lease is not None and lease > DUE
    expire(made, DUE + timedelta(seconds=1))
    assert clock(made).state is ClockState.RUNNING and made.file.decisions == []
    assert [(t.kind, t.due_at) for t in made.last.timers] == [(TimerKind.CLOCK_EXPIRY, lease + timedelta(seconds=60))]
    expire(made, lease + timedelta(seconds=60))
    assert clock(made).state is ClockState.TACITLY_GRANTED


def test_an_agency_that_waits_for_the_applicant_stops_the_clock_only_where_the_rule_names_it() -> None:
    made, plain = walk(suspension=GROUNDS), walk()
    for each in (made, plain):
        each.send("birth", o.Completed())
        each.send("permit", o.NeedsApplicant("photo", None))
    assert clock(plain).state is ClockState.RUNNING and clock(plain).due_at == DUE
    assert clock(made).state is ClockState.SUSPENDED and clock(made).due_at is None and made.file.case.due_at is None
    assert (TimerKind.CLOCK_WARNING, clock(made).id) in made.last.cleared_timers and made.last.timers == []
    made.pause(3 * 86_400)
    made.do(lambda file: supplement(file, made.rules, "permit", {"photo": "yes"}, [], "front"))
    resumed = clock(made)
    assert resumed.state is ClockState.RUNNING and resumed.due_at is not None and resumed.due_at > DUE
    assert made.request("permit").due_at == resumed.due_at == made.file.case.due_at
    assert [e for e in made.history if e in ("clock.suspended", "clock.resumed")] == ["clock.suspended", "clock.resumed"]


def test_an_operator_suspends_and_resumes_on_a_ground_of_the_rule() -> None:
    made = walk(suspension=GROUNDS)
    made.do(clock_acts.suspend, made.rules, "statutory", "expertise", START, "sent to the experts", "op")
    assert clock(made).state is ClockState.SUSPENDED and clock(made).lapses_at is not None
    assert [t.kind for t in made.last.timers] == [TimerKind.CLOCK_LAPSE]
    made.pause(86_400)
    made.do(clock_acts.resume, made.rules, str(clock(made).id), "", made.file.now, "they have answered", "op")
    assert clock(made).state is ClockState.RUNNING
    assert [t.kind for t in made.last.timers] == [TimerKind.CLOCK_WARNING]


def test_a_suspension_that_has_used_up_its_maximum_ends_by_itself() -> None:
    made = walk(suspension=GROUNDS)
    made.do(clock_acts.suspend, made.rules, "statutory", "expertise", START, "sent to the experts", "op")
    lapses_at = clock(made).lapses_at
    assert lapses_at is not None
    until(made, lapses_at + timedelta(days=3))
    made.do(lambda file: expiry.lapse(file, made.rules, clock(made)))
    runs = clock(made)
    assert runs.state is ClockState.RUNNING and runs.lapses_at is None and runs.due_at is not None
    assert runs.due_at > DUE
    before = runs.events
    with pytest.raises(ClockRefused) as refused:
        clock_acts.suspend(made.file, made.rules, "statutory", "expertise", made.file.now, "again", "op")
    assert refused.value.code in ("ground_used_up", "after_expiry") and clock(made).events == before


def test_an_extension_with_its_notice_moves_the_end_once() -> None:
    made = walk(extension=Extension(3, Unit.WORKING_DAYS))
    made.do(clock_acts.extend, made.rules, "statutory", None, START + timedelta(seconds=1), "complex", "op")
    assert clock(made).due_at == datetime(2026, 12, 17, 19, tzinfo=UTC) == made.file.case.due_at
    with pytest.raises(ClockRefused) as refused:
        clock_acts.extend(made.file, made.rules, "statutory", None, made.file.now, "again", "op")
    assert refused.value.code == "too_many_extensions" and clock(made).due_at == datetime(2026, 12, 17, 19, tzinfo=UTC)


def test_every_bad_call_is_refused_with_its_rule_and_changes_nothing() -> None:
    full = {"suspension": GROUNDS, "extension": Extension(3, Unit.WORKING_DAYS)}
    late = DUE + timedelta(hours=1)
    cases: list[tuple[dict[str, Any], datetime | None, str, Any, str]] = [
        ({}, None, "suspend", ("expertise", START), "no_suspension"),
        ({}, None, "extend", (None, START), "no_extension"),
        (full, None, "suspend", ("weather", START), "unknown_ground"),
        (full, None, "suspend", ("needs_applicant", START), "ground_of_requests"),
        (full, None, "suspend", ("expertise", START - timedelta(days=1)), "out_of_order"),
        (full, None, "resume", ("expertise", START), "not_suspended"),
        (full, None, "resume", ("", START), "not_suspended"),
        (full, None, "extend", (4, START), "extension_too_long"),
        (full, late, "suspend", ("expertise", START), "after_expiry"),
        (full, late, "extend", (None, late), "notice_after_expiry"),
    ]
    for rule, at, act, (what, when), code in cases:
        made = walk(**rule)
        if at is not None:
            until(made, at)
        before, seq = clock(made), made.file.case.seq
        do = getattr(clock_acts, act)
        with pytest.raises(ClockRefused) as refused:
            do(made.file, made.rules, "statutory", what, when, "why", "op")
        assert refused.value.code == code, (act, what)
        assert clock(made) == before and made.file.case.seq == seq and made.file.timers == []


def test_after_the_breach_took_effect_it_is_refused_too() -> None:
    made = walk(suspension=GROUNDS)
    expire(made)
    assert clock(made).state is ClockState.BREACHED
    with pytest.raises(ClockRefused) as refused:
        clock_acts.suspend(made.file, made.rules, "statutory", "expertise", START, "why", "op")
    assert refused.value.code == "after_expiry"


def test_an_unknown_clock_and_a_time_to_come_are_bad_input_and_a_closed_case_a_conflict() -> None:
    made = walk(suspension=GROUNDS)
    with pytest.raises(BadInput) as unknown:
        clock_acts.suspend(made.file, made.rules, "step permit", "expertise", START, "why", "op")
    assert unknown.value.problems[0].pointer == "/clock"
    with pytest.raises(BadInput) as ahead:
        clock_acts.suspend(made.file, made.rules, "statutory", "expertise", START + timedelta(days=1), "why", "op")
    assert (ahead.value.problems[0].pointer, ahead.value.problems[0].code) == ("/from", "future")
    made.file.case.status = CaseStatus.CLOSED
    with pytest.raises(Conflict, match="closed"):
        clock_acts.suspend(made.file, made.rules, "statutory", "expertise", START, "why", "op")


def test_the_norm_has_a_clock_of_its_own_and_puts_nobody_first() -> None:
    made = walk(norm=Length(3, Unit.WORKING_DAYS))
    norm = clock(made, "norm")
    assert norm.state is ClockState.RUNNING and norm.due_at is not None and norm.due_at < DUE
    assert made.request("birth").due_at == DUE == made.file.case.due_at
