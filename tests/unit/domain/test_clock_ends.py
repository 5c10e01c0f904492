"""What starts and ends the clocks of a case beside its receipt and its decision, and when a decided case is closed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from gateway.domain import expiry
from gateway.domain import outcomes as o
from gateway.domain.acts import cancel, confirm, supplement, withdraw
from gateway.domain.attribution import attribute, holds
from gateway.domain.case import CaseOutcome, CaseStatus, FactKind
from gateway.domain.clock import Clock, ClockState, rederive
from gateway.domain.errors import Conflict
from gateway.domain.incident import IncidentKind
from gateway.domain.office import Office
from gateway.domain.service import Service, Silence, Term, Unit
from gateway.domain.term_rule import Extension, LastInstant, Length
from tests.unit.domain.world import START, Walk, make_rules, make_service

DUE = datetime(2026, 12, 14, 19, tzinfo=UTC)  # five working days from Monday 7 December; the 8th is off, Saturday works
ACKNOWLEDGED = Term(1, Unit.WORKING_DAYS, "UZ-5", ends_with="acknowledgement")
COMPLETE = Term(2, Unit.WORKING_DAYS, "UZ-5", ends_with="completeness")
CLOCKS = {"acknowledgement": (ACKNOWLEDGED,), "completeness": (COMPLETE,)}


def term(**more: Any) -> Term:
    return Term(5, Unit.WORKING_DAYS, "UZ-5", **more)


def walk(rule: Term | None = None, *, hand_over: bool = False, **more: Any) -> Walk:
    """A case of the small service, without the office's own step unless ``hand_over``."""
    service = make_service(term=rule or term())
    steps = service.steps if hand_over else tuple(s for s in service.steps if not s.after_decision)
    return Walk(make_rules(replace(service, **{"steps": steps, **more})))


def status(made: Walk) -> CaseStatus:
    return made.file.case.status


def clock(made: Walk, kind: str = "statutory", step: str = "") -> Clock:
    return next(c for c in made.file.clocks.values() if c.kind == kind and c.step == step)


def until(made: Walk, at: datetime) -> None:
    made.pause((at - made.file.now).total_seconds())


def fact(made: Walk, kind: FactKind, at: datetime | None = None) -> None:
    made.do(confirm, kind, at or made.file.now, "front", {})


def granted(made: Walk) -> None:
    made.send("birth", o.Completed())
    made.send("permit", o.Completed())


def expire(made: Walk, kind: str = "statutory") -> None:
    due_at = clock(made, kind).due_at
    assert due_at is not None
    until(made, due_at + timedelta(seconds=60))
    made.do(lambda file: expiry.expire(file, made.rules, clock(made, kind)))


def told(made: Walk) -> list[tuple[str, str]]:
    return [(i.kind, str(i.detail.get("clock", ""))) for i in made.all_incidents]


# -- what starts a clock


def test_a_term_from_the_registration_waits_for_it() -> None:
    made = walk(term(start="registration"))
    assert clock(made).state is ClockState.NOT_STARTED and clock(made).provisional
    fact(made, FactKind.REGISTRATION, START)
    assert (clock(made).state, clock(made).started_at, clock(made).due_at) == (ClockState.RUNNING, START, DUE)


def test_a_term_from_the_dispatch_starts_with_the_first_release_to_an_agency_and_stays() -> None:
    made = walk(term(start="dispatch"))
    assert clock(made).state is ClockState.NOT_STARTED
    made.pause(3600)
    at = made.file.now
    made.release("birth")
    assert (clock(made).state, clock(made).started_at) == (ClockState.RUNNING, at)
    made.said("birth", o.RetryLater("busy", 60), lease=True)
    made.pause(7200)
    made.send("birth", o.Completed())
    assert clock(made).started_at == at


def test_what_the_office_does_itself_is_no_dispatch() -> None:
    service = make_service(term=term(start="dispatch"))
    own = replace(service.steps[2], id="look", after_decision=False)
    made = Walk(make_rules(replace(service, steps=(own, *service.steps[:2]))))
    made.release("look")
    assert clock(made).state is ClockState.NOT_STARTED
    made.release("birth")
    assert clock(made).state is ClockState.RUNNING


def test_a_leg_may_start_with_its_own_dispatch() -> None:
    service = make_service()
    first, second, *_ = service.steps
    legs = (
        replace(first, term=Term(1, Unit.WORKING_DAYS, "UZ-5", start="dispatch")),
        replace(second, term=Term(1, Unit.WORKING_DAYS, "UZ-5", start="ready")),
    )
    made = walk(steps=legs)
    assert [c.kind for c in made.file.clocks.values()] == ["statutory"], "it is ready, and nobody was asked yet"
    made.pause(3600)
    at = made.file.now
    made.send("birth", o.Completed())
    assert clock(made, "step", "birth").started_at == at
    assert clock(made, "step", "permit").started_at == made.request("permit").ready_at
    assert clock(made, "step", "birth").state is ClockState.MET


# -- results that are made ready and handed over


@pytest.mark.parametrize(
    ("end", "facts"), [("result_ready", [FactKind.RESULT_READY]), ("hand_over", [FactKind.RESULT_COLLECTED])]
)
def test_a_case_stays_decided_until_its_result_is_confirmed(end: str, facts: list[FactKind]) -> None:
    made = walk(term(ends_with=end, norm=Length(3, Unit.WORKING_DAYS)))
    granted(made)
    case = made.file.case
    assert (case.status, case.outcome) == (CaseStatus.DECIDED, CaseOutcome.GRANTED)
    assert [(h.holder, h.what, h.until) for h in case.waiting_on] == [("office", end, DUE)]
    with pytest.raises(Conflict, match="only an undecided case"):
        withdraw(made.file, made.rules, "changed my mind", "front")
    for kind in facts:
        fact(made, kind)
    assert status(made) == CaseStatus.CLOSED and made.file.case.waiting_on == ()
    assert clock(made).state is clock(made, "norm").state is ClockState.MET


def test_a_result_that_is_ready_waits_for_the_applicant_and_collecting_it_implies_ready() -> None:
    made, at_once = walk(term(ends_with="hand_over")), walk(term(ends_with="result_ready"))
    for each in (made, at_once):
        granted(each)
    fact(made, FactKind.RESULT_READY)
    assert [(h.holder, h.what) for h in made.file.case.waiting_on] == [("applicant", "hand_over")]
    assert status(made) == CaseStatus.DECIDED
    fact(made, FactKind.RESULT_COLLECTED)
    fact(at_once, FactKind.RESULT_COLLECTED)
    assert {status(made), status(at_once)} == {CaseStatus.CLOSED}
    assert clock(at_once).state is ClockState.MET


def test_a_decision_that_gives_nothing_leaves_nothing_to_hand_over() -> None:
    made = walk(term(ends_with="hand_over"))
    made.send("birth", o.Refused("R", "no"))
    assert (made.file.case.status, clock(made).state) == (CaseStatus.CLOSED, ClockState.MET)


def test_a_result_that_nobody_confirms_is_a_breach_and_its_confirmation_late() -> None:
    made = walk(term(ends_with="hand_over"))
    granted(made)
    expire(made)
    assert clock(made).state is ClockState.BREACHED and status(made) == CaseStatus.DECIDED
    assert told(made) == [(IncidentKind.CLOCK_BREACHED, "statutory")]
    fact(made, FactKind.RESULT_COLLECTED)
    assert (clock(made).state, made.file.case.status) == (ClockState.MET_LATE, CaseStatus.CLOSED)


def test_a_hand_over_dated_in_time_and_recorded_late_is_disputed() -> None:
    made = walk(term(ends_with="hand_over"))
    granted(made)
    until(made, DUE + timedelta(hours=10))
    fact(made, FactKind.RESULT_COLLECTED, DUE - timedelta(hours=5))
    assert (clock(made).state, made.file.case.status) == (ClockState.DISPUTED, CaseStatus.CLOSED)
    assert told(made) == [(IncidentKind.CLOCK_DISPUTED, "statutory")]
    with pytest.raises(Conflict, match="the case is closed"):
        confirm(made.file, FactKind.RESULT_READY, made.file.now, "front", {})


def test_paper_may_be_faster_than_the_agency() -> None:
    made = walk(term(ends_with="hand_over"))
    made.send("birth", o.Completed())
    fact(made, FactKind.RESULT_COLLECTED)
    assert clock(made).state is ClockState.MET and status(made) == CaseStatus.IN_PROGRESS
    made.send("permit", o.Completed())
    assert status(made) == CaseStatus.CLOSED


def test_a_term_that_never_started_holds_no_decided_case_open() -> None:
    made = walk(term(start="payment", ends_with="hand_over"))
    granted(made)
    assert (made.file.case.status, clock(made).state) == (CaseStatus.CLOSED, ClockState.CANCELLED)


def test_whose_the_time_was_until_the_result_was_collected() -> None:
    made = walk(term(ends_with="hand_over"))
    granted(made)
    since = made.file.now
    made.pause(3600)
    fact(made, FactKind.RESULT_READY)
    made.pause(1800)
    fact(made, FactKind.RESULT_COLLECTED)
    split = attribute(holds(made.all_events, made.rules.service), since, made.file.now)
    shares = {part.holder: part.share_secs for part in split.parts}
    assert shares.keys() == {"office", "applicant", "gateway"} and shares["gateway"] == 1  # the second after it was closed
    assert 3600 <= shares["office"] <= 3602 and 1800 <= shares["applicant"] <= 1802


# -- steps that will not happen


def test_a_term_ends_with_the_decision_when_its_step_will_not_happen() -> None:
    made = walk(term(ends_with="step permit"))
    made.send("birth", o.Refused("R", "no"))
    assert (made.file.case.status, clock(made).state) == (CaseStatus.CLOSED, ClockState.MET)


def test_a_term_may_end_with_a_step_after_the_decision() -> None:
    made = walk(term(ends_with="step hand-over"), hand_over=True)
    granted(made)
    assert (made.file.case.status, clock(made).state) == (CaseStatus.DECIDED, ClockState.RUNNING)
    made.send("hand-over", o.Completed())
    assert (made.file.case.status, clock(made).state) == (CaseStatus.CLOSED, ClockState.MET)


def test_the_clock_of_a_step_that_was_given_up_is_cancelled() -> None:
    service = make_service()
    made = walk(steps=(replace(service.steps[0], term=Term(1, Unit.WORKING_DAYS, "UZ-5", start="ready")), service.steps[1]))
    made.do(lambda file: cancel(file, made.request("birth"), "asked twice", "op"))
    assert clock(made, "step", "birth").state is ClockState.CANCELLED


# -- acknowledgement and completeness


@pytest.mark.parametrize(
    "word", [o.Completed(), o.Refused("R", "no"), o.Accepted("A-1"), o.Progress("p", "in hand"), o.NeedsApplicant("photo", None)]
)
def test_the_first_word_of_an_agency_acknowledges(word: Any) -> None:
    made = walk(clocks=CLOCKS)
    assert {c.kind: c.started_at for c in made.file.clocks.values()} == dict.fromkeys(
        ("statutory", "acknowledgement", "completeness"), START
    )
    made.send("birth", word)
    ended = clock(made, "acknowledgement")
    assert (ended.state, ended.ended_at) == (ClockState.MET, made.last.now)


def test_no_word_of_a_transport_acknowledges_and_a_registration_does() -> None:
    made = walk(clocks=CLOCKS)
    made.send("birth", o.RetryLater("busy"))
    assert clock(made, "acknowledgement").state is ClockState.RUNNING
    fact(made, FactKind.REGISTRATION)
    assert clock(made, "acknowledgement").state is ClockState.MET


def test_completeness_ends_when_it_is_confirmed_or_something_is_asked_or_the_case_is_decided() -> None:
    confirmed, asked, decided = (walk(clocks=CLOCKS) for _ in range(3))
    fact(confirmed, FactKind.COMPLETENESS)
    asked.send("birth", o.Completed())
    assert clock(asked, "completeness").state is ClockState.RUNNING
    asked.send("permit", o.NeedsApplicant("photo", None))
    decided.send("birth", o.Refused("R", "no"))
    for made in (confirmed, asked, decided):
        assert clock(made, "completeness").state is ClockState.MET
    asked.do(lambda file: supplement(file, asked.rules, "permit", {}, [], "front"))
    assert clock(asked, "completeness").state is ClockState.MET, "it is met once"


def test_they_are_breached_like_any_clock_but_put_no_request_first() -> None:
    made = walk(clocks=CLOCKS)
    due_at = clock(made, "acknowledgement").due_at
    assert due_at == datetime(2026, 12, 9, 19, tzinfo=UTC)  # 8 December is off
    assert made.request("birth").due_at == DUE == made.file.case.due_at
    expire(made, "acknowledgement")
    assert clock(made, "acknowledgement").state is ClockState.BREACHED
    assert told(made) == [(IncidentKind.CLOCK_BREACHED, "acknowledgement")]
    made.send("birth", o.Completed())
    assert clock(made, "acknowledgement").state is ClockState.MET_LATE


def test_a_withdrawn_case_keeps_none_of_them() -> None:
    made = walk(clocks=CLOCKS)
    made.do(lambda file: withdraw(file, made.rules, "changed my mind", "front"))
    assert {c.state for c in made.file.clocks.values()} == {ClockState.CANCELLED}


# -- the rule of the day, and the closing time of the office


def dated(*rules: tuple[date | None, int], **more: Any) -> Service:
    first, *later = (Term(length, Unit.WORKING_DAYS, "UZ-5", since=since, **more) for since, length in rules)
    return make_service(term=first, later_terms=tuple(later))


@pytest.mark.parametrize(
    ("taken_at", "length"),
    [
        (datetime(2026, 11, 30, 18, 59, 59, tzinfo=UTC), 5),  # 23:59:59 in Tashkent
        (datetime(2026, 11, 30, 19, tzinfo=UTC), 3),
        (START, 3),
    ],
)
def test_the_day_on_which_it_was_handed_in_decides_which_rule_holds(taken_at: datetime, length: int) -> None:
    rules = make_rules(dated((None, 5), (date(2026, 12, 1), 3)))
    made = Walk(rules)
    made.file.case.taken_at = taken_at
    made.file.clocks.clear()
    made.do(lambda _file: None)
    assert clock(made).rule.length == length
    assert clock(made).started_at == START, "it runs since it reached us"


def test_a_later_amendment_leaves_a_clock_that_waits_for_its_trigger_alone() -> None:
    made = Walk(make_rules(dated((None, 5), (date(2027, 1, 1), 3), start="payment")))
    until(made, datetime(2027, 1, 5, 5, tzinfo=UTC))
    fact(made, FactKind.PAYMENT)
    assert clock(made).rule.length == 5


CLOSES = datetime(2026, 12, 14, 12, 30, tzinfo=UTC)  # 17:30 in Tashkent


def closing_rules(rule: Term, hours: str = "09:00-17:30") -> Any:
    made = make_rules(make_service(term=rule))
    return replace(made, offices={"centre": Office("centre", {}, "1", "Asia/Tashkent", "UZ-5", hours)})


def test_a_term_ends_when_the_office_closes_and_keeps_that_time() -> None:
    made = Walk(closing_rules(term(last_instant=LastInstant.CLOSING)))
    assert (clock(made).closing, clock(made).due_at, made.request("birth").due_at) == ("17:30", CLOSES, CLOSES)
    made.rules = closing_rules(term(last_instant=LastInstant.CLOSING), "09:00-13:00")
    calendar, _ = made.rules.calendar_of(clock(made).rule, "centre")
    assert rederive(clock(made), calendar).due_at == CLOSES, "the hours of its day count, not those of later ones"
    until(made, CLOSES)
    made.send("birth", o.Refused("R", "no"))
    assert clock(made).state is ClockState.MET_LATE


def test_an_act_just_before_closing_is_in_time_and_24_00_is_the_end_of_the_day() -> None:
    made = Walk(closing_rules(term(last_instant=LastInstant.CLOSING)))
    until(made, CLOSES - timedelta(seconds=2))
    made.send("birth", o.Refused("R", "no"))
    assert clock(made).state is ClockState.MET
    whole = Walk(closing_rules(term(last_instant=LastInstant.CLOSING), "00:00-24:00"))
    assert (clock(whole).closing, clock(whole).due_at) == ("24:00", DUE)


def test_the_closing_time_counts_for_an_extended_term_and_the_norm_too() -> None:
    from gateway.domain import clock_acts  # noqa: PLC0415 - only here

    rule = term(last_instant=LastInstant.CLOSING, extension=Extension(3, Unit.WORKING_DAYS), norm=Length(3, Unit.WORKING_DAYS))
    made = Walk(closing_rules(rule))
    made.do(clock_acts.extend, made.rules, "statutory", None, START + timedelta(seconds=1), "complex", "op")
    assert clock(made).due_at == datetime(2026, 12, 17, 12, 30, tzinfo=UTC)
    assert clock(made, "norm").due_at == datetime(2026, 12, 11, 12, 30, tzinfo=UTC)


def test_the_lane_of_an_agency_has_hours_of_its_own() -> None:
    rules = closing_rules(term())
    first, second, *_ = rules.service.steps
    leg = replace(first, term=Term(5, Unit.WORKING_DAYS, "UZ-5", start="ready", last_instant=LastInstant.CLOSING))
    registry = rules.agencies["registry"]
    agencies: Mapping[str, Any] = {
        **rules.agencies,
        "registry": replace(registry, lane=replace(registry.lane, hours="08:00-16:00")),
    }
    made = Walk(replace(rules, service=replace(rules.service, steps=(leg, second)), agencies=agencies))
    assert clock(made, "step", "birth").closing == "16:00" and clock(made).closing == ""


def test_an_office_that_closes_in_the_morning_is_warned_the_morning_before() -> None:
    made = Walk(closing_rules(term(last_instant=LastInstant.CLOSING, warn_before=0), "06:00-08:30"))
    assert clock(made).warn_at is None, "09:00 of the last day would be after the end"
    made = Walk(closing_rules(term(last_instant=LastInstant.CLOSING), "06:00-08:30"))
    assert clock(made).warn_at == datetime(2026, 12, 12, 4, tzinfo=UTC)  # Saturday the 12th works


def test_silence_is_read_only_into_a_term_that_a_decision_ends() -> None:
    made = walk(term(silence=Silence.GRANTED))
    expire(made)
    assert made.file.case.outcome is CaseOutcome.TACITLY_GRANTED and status(made) == CaseStatus.DECIDED
