"""Cases walked through their lives by the pure rules: what follows from what, with no I/O anywhere."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gateway.domain import acts, clocks, expiry
from gateway.domain import outcomes as o
from gateway.domain.applied import Said, apply
from gateway.domain.case import CaseOutcome, CaseStatus, FactKind
from gateway.domain.clock import ClockState
from gateway.domain.errors import BadInput, Conflict
from gateway.domain.events import verify
from gateway.domain.incident import IncidentKind
from gateway.domain.request import RequestStatus as S
from gateway.domain.service import AfterDeadline, Expression, Term, Unit
from tests.unit.domain.world import Walk, make_agencies, make_rules, make_service


def kinds(walk: Walk) -> list[IncidentKind]:
    return [i.kind for i in walk.all_incidents]


def test_granted_handed_over_and_closed() -> None:
    walk = Walk()
    assert (walk.status("birth"), walk.status("permit"), walk.status("hand-over")) == (S.READY, S.PLANNED, S.PLANNED)
    walk.send("birth", o.Completed({"found": True}))
    assert walk.status("permit") is S.READY
    assert walk.request("permit").branch == "north"
    walk.send("permit", o.Accepted("REF-1"))
    assert walk.file.case.waiting_on[0].holder == "agency:ministry"
    walk.said("permit", o.Completed())
    assert walk.file.case.status is CaseStatus.DECIDED
    assert walk.file.case.outcome is CaseOutcome.GRANTED
    assert walk.status("hand-over") is S.READY
    walk.send("hand-over", o.Accepted("desk"))
    walk.said("hand-over", o.Completed())
    assert walk.file.case.status is CaseStatus.CLOSED
    assert walk.all_incidents == []
    assert [c.state for c in walk.file.clocks.values()] == [ClockState.MET]


def test_refused_by_the_first_agency_skips_what_needs_it_and_is_decided() -> None:
    walk = Walk()
    walk.send("birth", o.Refused("NOT-FOUND", "no such record"))
    assert walk.status("permit") is S.SKIPPED
    assert walk.file.case.outcome is CaseOutcome.REFUSED
    assert walk.status("hand-over") is S.READY


def test_idempotent_unknown_is_sent_again_until_it_is_parked() -> None:
    walk = Walk()
    for _ in range(2):
        walk.send("birth", o.Unknown("reset"))
        assert walk.status("birth") is S.READY
        assert walk.request("birth").next_at is not None
    walk.send("birth", o.Unknown("reset"))
    assert walk.status("birth") is S.PARKED
    assert kinds(walk) == [IncidentKind.EXHAUSTED]
    assert walk.file.case.needs_attention


def test_what_is_not_idempotent_is_never_blindly_resent() -> None:
    walk = Walk()
    walk.send("birth", o.Completed())
    walk.send("permit", o.Unknown("reset after the first byte"))
    request = walk.request("permit")
    assert request.status is S.IN_DOUBT
    assert request.next_at == walk.last.now + timedelta(seconds=60)
    walk.send("permit", o.NotThere())  # a lookup now
    assert walk.status("permit") is S.READY
    assert walk.request("permit").message_id == request.message_id


def test_a_lookup_that_finds_it_settles_the_doubt() -> None:
    walk = Walk()
    walk.send("birth", o.Completed())
    walk.send("permit", o.Unknown("time-out"))
    walk.send("permit", o.Completed({"permit": "P-1"}))
    assert walk.file.case.outcome is CaseOutcome.GRANTED


def test_without_a_lookup_doubt_is_an_incident_and_nothing_is_sent() -> None:
    agencies = make_agencies()
    operation = replace(agencies["ministry"].operations["Permit"], lookup=None)
    agencies["ministry"] = replace(agencies["ministry"], operations={"Permit": operation})
    walk = Walk(make_rules(agencies=agencies))
    walk.send("birth", o.Completed())
    walk.send("permit", o.Unknown("reset"))
    assert walk.status("permit") is S.IN_DOUBT
    assert walk.request("permit").next_at is None
    assert kinds(walk) == [IncidentKind.IN_DOUBT]
    walk.said("permit", o.Completed())  # the agency's own word is welcome, and closes the incident
    assert not walk.file.case.needs_attention


def test_inconclusive_absence_is_for_a_person() -> None:
    agencies = make_agencies()
    operation = agencies["ministry"].operations["Permit"]
    assert operation.lookup is not None
    operation = replace(operation, lookup=replace(operation.lookup, absence_conclusive=False))
    agencies["ministry"] = replace(agencies["ministry"], operations={"Permit": operation})
    walk = Walk(make_rules(agencies=agencies))
    walk.send("birth", o.Completed())
    walk.send("permit", o.Unknown("reset"))
    walk.send("permit", o.NotThere())
    assert walk.status("permit") is S.IN_DOUBT
    assert kinds(walk) == [IncidentKind.IN_DOUBT]


def without_lookup() -> Walk:
    agencies = make_agencies()
    operation = replace(agencies["ministry"].operations["Permit"], lookup=None)
    agencies["ministry"] = replace(agencies["ministry"], operations={"Permit": operation})
    walk = Walk(make_rules(agencies=agencies))
    walk.send("birth", o.Completed())
    walk.send("permit", o.Unknown("reset"))
    return walk


def test_an_operator_cannot_resend_blindly_but_can_say_that_it_was_never_there() -> None:
    walk = without_lookup()
    with pytest.raises(Conflict, match="no lookup"):
        acts.retry(walk.file, walk.request("permit"), "try again", "operator:o", walk.rules)
    walk.do(lambda f: acts.resolve(f, walk.request("permit"), o.NotThere(), "asked by telephone", "operator:o", walk.rules))
    assert walk.status("permit") is S.READY
    assert not walk.file.case.needs_attention


def test_an_operators_retry_of_a_doubtful_request_is_a_lookup() -> None:
    walk = Walk()
    walk.send("birth", o.Completed())
    walk.send("permit", o.Unknown("reset"))
    for _ in range(3):
        walk.send("permit", o.Unknown("the lookup timed out"))
    assert kinds(walk) == [IncidentKind.IN_DOUBT]
    walk.do(lambda f: acts.retry(f, walk.request("permit"), "they are back", "operator:o", walk.rules))
    assert walk.status("permit") is S.IN_DOUBT
    assert walk.request("permit").next_at is not None
    walk.send("permit", o.Completed())
    assert walk.file.case.outcome is CaseOutcome.GRANTED


def test_a_worker_that_never_began_spends_no_attempt() -> None:
    walk = Walk()
    for _ in range(5):
        walk.release("birth")
        request = walk.request("birth")
        said = Said(o.RetryLater("stopped", 0), "worker", walk.now, lease_id=request.lease_id, detail={"started": False})
        apply(walk.file, request, said, walk.rules)
        assert request.status is S.READY
        assert request.sent_at is None
    assert request.attempts == 0


def test_the_word_of_an_older_lease_does_not_count_but_an_answer_does() -> None:
    walk = Walk()
    walk.release("birth")
    old = walk.request("birth").lease_id
    request = walk.request("birth")
    assert request.lease_until is not None
    walk.file.now = request.lease_until
    walk.do(lambda file: acts.lease_ended(file, request, walk.rules))
    assert walk.status("birth") is S.READY
    walk.release("birth")
    apply(walk.file, request, Said(o.RetryLater("late"), "worker", walk.file.now, lease_id=old), walk.rules)
    assert request.status is S.RELEASED
    apply(walk.file, request, Said(o.Completed(), "worker", walk.file.now, lease_id=old), walk.rules)
    assert request.status is S.COMPLETED


def test_a_supplement_is_a_superseding_request() -> None:
    walk = Walk()
    walk.send("birth", o.Completed())
    walk.send("permit", o.NeedsApplicant("a photo", walk.now + timedelta(days=3)))
    assert walk.file.case.status is CaseStatus.AWAITING_APPLICANT
    old = walk.request("permit")
    walk.do(lambda file: acts.supplement(file, walk.rules, "permit", {"photo": "x"}, [], "client:front"))
    new = walk.request("permit")
    assert old.status is S.SUPERSEDED
    assert new.supersedes == old.id
    assert new.message_id != old.message_id
    assert new.status is S.READY
    with pytest.raises(Conflict, match="waits for the applicant"):
        acts.supplement(walk.file, walk.rules, "permit", {}, [], "client:front")


def test_the_receipt_of_a_supplement_gives_its_own_reference_however_late_it_comes() -> None:
    """The agency's question, by our message id, has overtaken it; until then the reference was that of the message before."""
    walk = Walk()
    walk.send("birth", o.Completed())
    walk.send("permit", o.Accepted("REF-1"))
    walk.said("permit", o.NeedsApplicant("a photo"))
    walk.do(lambda file: acts.supplement(file, walk.rules, "permit", {"photo": "x"}, [], "client:front"))
    walk.release("permit")
    request, lease = walk.request("permit"), walk.request("permit").lease_id
    walk.said("permit", o.NeedsApplicant("a better photo"))
    assert (request.status, request.reference) == (S.AWAITING_APPLICANT, "REF-1")
    apply(walk.file, request, Said(o.Accepted("REF-2"), "worker", walk.file.now, lease_id=lease), walk.rules)
    assert (request.status, request.reference) == (S.AWAITING_APPLICANT, "REF-2")
    apply(walk.file, request, Said(o.Accepted("REF-3"), "callback", walk.file.now), walk.rules)
    assert request.reference == "REF-2"


@pytest.mark.parametrize(
    ("rule", "outcome"),
    [(AfterDeadline.REFUSE, CaseOutcome.REFUSED), (AfterDeadline.RETURN, CaseOutcome.RETURNED), (AfterDeadline.INCIDENT, None)],
)
def test_the_applicant_did_not_act_in_time(rule: AfterDeadline, outcome: CaseOutcome | None) -> None:
    walk = Walk(make_rules(make_service(after_deadline=rule)))
    walk.send("birth", o.Completed())
    until = walk.now + timedelta(days=3)
    walk.send("permit", o.NeedsApplicant("a photo", until))
    walk.file.now = until
    walk.do(lambda file: acts.deadline_passed(file, walk.request("permit"), walk.rules))
    assert walk.file.case.outcome is outcome
    assert (IncidentKind.APPLICANT_DEADLINE in kinds(walk)) == (outcome is None)


def test_a_redirect_goes_to_the_other_branch_once() -> None:
    walk = Walk()
    walk.send("birth", o.Completed())
    walk.send("permit", o.Redirected("south", "the district moved"))
    assert walk.request("permit").branch == "south"
    assert walk.request("permit").lane == "ministry"
    walk.send("permit", o.Redirected("north"))
    assert walk.status("permit") is S.PARKED
    assert kinds(walk) == [IncidentKind.REDIRECT_LOOP]


@pytest.mark.parametrize("territory", ["9", "3"])
def test_no_branch_or_two_is_an_incident(territory: str) -> None:
    walk = Walk(territory=territory)
    walk.send("birth", o.Completed())
    assert walk.status("permit") is S.PARKED
    assert kinds(walk) == [IncidentKind.NO_BRANCH]


def test_a_repeat_changes_nothing_and_a_contradiction_is_for_a_person() -> None:
    walk = Walk()
    walk.send("birth", o.Completed())
    walk.send("permit", o.Accepted("REF"))
    walk.said("permit", o.Completed())
    status = walk.file.case.status
    walk.said("permit", o.Completed())
    assert kinds(walk) == []
    walk.said("permit", o.Refused("X", "no after all"))
    assert kinds(walk) == [IncidentKind.CONTRADICTION]
    assert walk.file.case.status is status
    assert walk.status("permit") is S.COMPLETED


def test_invalid_is_parked_at_once() -> None:
    walk = Walk()
    walk.send("birth", o.Invalid("/a", "not a date"))
    assert walk.status("birth") is S.PARKED
    assert walk.request("birth").attempts == 1


def test_misconfigured_spends_no_attempt() -> None:
    walk = Walk()
    walk.send("birth", o.Misconfigured("401"))
    assert walk.status("birth") is S.READY
    assert walk.request("birth").attempts == 0


def test_withdrawal_cancels_what_is_ready_and_waits_for_what_is_released() -> None:
    walk = Walk()
    walk.send("birth", o.Completed())
    walk.release("permit")
    walk.do(lambda file: acts.withdraw(file, walk.rules, "changed my mind", "client:front"))
    assert walk.file.case.status is CaseStatus.IN_PROGRESS
    assert walk.status("hand-over") is S.CANCELLED
    walk.said("permit", o.Completed(), lease=True)
    assert walk.file.case.status is CaseStatus.WITHDRAWN
    assert kinds(walk) == [IncidentKind.EFFECT_TO_UNDO]


def test_a_fact_starts_the_term_and_the_step() -> None:
    service = make_service(term=Term(2, Unit.WORKING_DAYS, "UZ-5", start="payment"))
    steps = (replace(service.steps[0], facts=(FactKind.PAYMENT,)), *service.steps[1:])
    walk = Walk(make_rules(replace(service, steps=steps)))
    assert walk.status("birth") is S.PLANNED
    assert walk.file.case.due_provisional
    assert (walk.file.case.waiting_on[0].holder, walk.file.case.waiting_on[0].what) == ("applicant", "payment")
    paid = walk.now
    walk.do(lambda file: acts.confirm(file, FactKind.PAYMENT, paid, "client:front", {}))
    assert walk.status("birth") is S.READY
    assert not walk.file.case.due_provisional
    with pytest.raises(Conflict, match="once"):
        acts.confirm(walk.file, FactKind.PAYMENT, paid + timedelta(seconds=1), "client:front", {})
    with pytest.raises(BadInput, match="past"):
        acts.confirm(walk.file, FactKind.COMPLETENESS, paid + timedelta(days=1), "client:front", {})


def test_warning_and_expiry_open_incidents_and_stop_nothing() -> None:
    walk = Walk()
    (clock,) = walk.file.clocks.values()
    assert clock.due_at == datetime(2026, 12, 14, 19, 0, tzinfo=UTC)  # the end of 14 December in Tashkent
    walk.file.now = clock.warn_at or clock.due_at
    walk.do(lambda file: clocks.warn(file, walk.rules, file.clocks[clock.id]))
    walk.file.now = clock.due_at + timedelta(seconds=60)
    walk.do(lambda file: expiry.expire(file, walk.rules, file.clocks[clock.id]))
    assert kinds(walk) == [IncidentKind.CLOCK_WARNING, IncidentKind.CLOCK_BREACHED]
    assert walk.file.clocks[clock.id].state is ClockState.BREACHED
    walk.send("birth", o.Completed())
    walk.send("permit", o.Completed())
    assert walk.file.clocks[clock.id].state is ClockState.MET_LATE
    assert walk.file.case.outcome is CaseOutcome.GRANTED


def test_a_rule_that_fails_is_an_incident_not_a_crash() -> None:
    walk = Walk(make_rules(make_service(decision=Expression("broken", "decision.jsonata"))))
    assert IncidentKind.RULE_FAILED in kinds(walk)


def test_the_chain_of_events_holds() -> None:
    walk = Walk()
    events = list(walk.last.events)
    walk.send("birth", o.Completed())
    assert verify(events) is None
    assert verify([replace(events[0], actor="someone else"), *events[1:]]) == 1
    assert verify([replace(events[0], payload={}), *events[1:]]) is None
