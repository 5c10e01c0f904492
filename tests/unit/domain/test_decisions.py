"""Decisions by hand, cases that are reopened, late replies that are applied: a list that is never overwritten."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from gateway.domain import decisions, late_replies
from gateway.domain.applied import Said, apply
from gateway.domain.case import CaseOutcome, CaseStatus, Decision, DecisionKind
from gateway.domain.clock import ClockState
from gateway.domain.errors import BadInput, Conflict
from gateway.domain.incident import IncidentKind
from gateway.domain.outcomes import Accepted, Completed, LookupOutcome, NeedsApplicant, Refused
from gateway.domain.request import RequestStatus as S
from gateway.domain.transitions import OVERRULED, TABLE, Do
from tests.unit.domain.world import START, Walk

BY, WHY = "operator:dilnoza", "the court has ordered it"
NO = Refused("N", "not eligible")


def given(outcome: CaseOutcome = CaseOutcome.GRANTED, kind: DecisionKind = DecisionKind.DECISION, **more: Any) -> Decision:
    fields: dict[str, Any] = {"authority": "ministry", "date_given": START, "date_recorded": START, "ground": "the court"}
    return Decision(outcome, **(fields | {"legal_basis": "an invented law, article 9", "kind": kind} | more))


def give(walk: Walk, decision: Decision) -> None:
    walk.do(lambda file: decisions.give(file, walk.rules, replace(decision, date_recorded=file.now), WHY, BY))


def reopen(walk: Walk, *steps: str, kind: DecisionKind = DecisionKind.ANNULMENT) -> None:
    walk.do(lambda file: decisions.reopen(file, walk.rules, replace(given(kind=kind), date_recorded=file.now), steps, WHY, BY))


def decided(permit: LookupOutcome | None = None, *, closed: bool = True) -> Walk:
    """A case whose permit was decided, and handed over."""
    walk = Walk()
    walk.send("birth", Completed())
    walk.send("permit", permit or Completed())
    if closed:
        walk.send("hand-over", Completed())
        assert walk.file.case.status is CaseStatus.CLOSED
    return walk


def outcomes(walk: Walk) -> list[tuple[str, str]]:
    return [(str(d.kind), str(d.outcome)) for d in walk.file.decisions]


def test_an_undecided_case_is_decided_by_hand() -> None:
    walk = Walk()
    give(walk, given(CaseOutcome.REFUSED))
    assert (walk.file.case.outcome, walk.file.decision) == (CaseOutcome.REFUSED, walk.file.decisions[0])
    assert walk.status("permit") is S.CANCELLED, "what had not begun does not begin"
    (event,) = [e for e in walk.all_events if e.type == "case.decided"]
    assert (event.actor, event.payload["reason"]) == (BY, WHY)
    (clock,) = [k for k in walk.file.clocks.values() if k.kind == "statutory"]
    assert clock.state is ClockState.MET


@pytest.mark.parametrize(
    ("decision", "code"),
    [
        (given(kind=DecisionKind.REVERSAL), "not_decided"),
        (given(CaseOutcome.TACITLY_GRANTED), "bad_input"),
        (given(date_given=START + timedelta(days=30)), "bad_input"),
    ],
)
def test_what_cannot_be_decided(decision: Decision, code: str) -> None:
    walk = Walk()
    with pytest.raises((Conflict, BadInput)) as refused:
        give(walk, decision)
    assert refused.value.code == code
    assert walk.file.decisions == []


def test_after_the_end_of_a_term_whose_silence_decides_nobody_decides_first() -> None:
    walk = Walk()
    (clock,) = [k for k in walk.file.clocks.values() if k.kind == "statutory"]
    walk.file.put_clock(replace(clock, term={**clock.term, "silence": "granted"}))
    assert clock.due_at is not None
    walk.pause((clock.due_at - walk.now).total_seconds() + 1)
    with pytest.raises(Conflict) as refused:
        give(walk, given())
    assert refused.value.code == "silence_spoke"


def test_a_further_decision_says_what_it_is_and_overwrites_nothing() -> None:
    walk = decided()
    with pytest.raises(Conflict) as refused:
        give(walk, given(CaseOutcome.REFUSED))
    assert refused.value.code == "case_decided"
    walk.pause(1)
    give(walk, given(CaseOutcome.PARTLY_GRANTED, DecisionKind.CORRECTION))
    assert outcomes(walk) == [("decision", "granted"), ("correction", "partly_granted")]
    assert (walk.file.case.outcome, walk.file.case.status) == (CaseOutcome.PARTLY_GRANTED, CaseStatus.CLOSED)


def test_a_reopened_case_does_the_steps_anew_and_is_decided_again() -> None:
    walk = decided()
    clocks = {k.id: k.state for k in walk.file.clocks.values()}
    first = walk.request("permit")
    reopen(walk, "permit")
    case = walk.file.case
    assert (case.status, case.outcome, case.decided_at, case.closed_at) == (CaseStatus.RECEIVED, None, None, None) or (
        case.status is CaseStatus.IN_PROGRESS
    )
    assert walk.file.decision is None and outcomes(walk)[-1] == ("annulment", "granted")
    again = walk.request("permit")
    assert (again.supersedes, first.status, again.status) == (first.id, S.SUPERSEDED, S.READY)
    assert walk.status("hand-over") is S.PLANNED, "the next decision is handed over anew"
    assert {id_: walk.file.clocks[id_].state for id_ in clocks} == clocks, "the term was kept as it was"
    walk.send("permit", NO)
    assert outcomes(walk) == [("decision", "granted"), ("annulment", "granted"), ("decision", "refused")]
    walk.send("hand-over", Completed())
    assert (case.status, case.outcome) == (CaseStatus.CLOSED, CaseOutcome.REFUSED)


def test_a_case_reopened_without_steps_waits_for_a_decision_by_hand() -> None:
    walk = decided()
    reopen(walk, kind=DecisionKind.REVERSAL)
    kinds = {fingerprint.partition(":")[0] for fingerprint in walk.file.open_incidents}
    assert kinds == {IncidentKind.NO_DECISION}, "only a person brings the next one about"
    assert walk.file.decision is None
    walk.pause(60)
    walk.do(lambda file: file.event("request.progressed", {}))
    assert walk.file.decision is None, "the rule would only say what was taken away"
    give(walk, given(CaseOutcome.REFUSED))
    assert outcomes(walk)[-1] == ("decision", "refused")
    assert not walk.file.open_incidents


@pytest.mark.parametrize(
    ("steps", "kind", "code"),
    [
        (["nowhere"], DecisionKind.ANNULMENT, "bad_input"),
        ([], DecisionKind.CORRECTION, "bad_input"),
        (["hand-over"], DecisionKind.ANNULMENT, "step_under_way"),
    ],
)
def test_what_cannot_be_reopened(steps: Iterable[str], kind: DecisionKind, code: str) -> None:
    walk = decided(closed=False)
    with pytest.raises((Conflict, BadInput)) as refused:
        reopen(walk, *steps, kind=kind)
    assert refused.value.code == code
    assert len(walk.file.decisions) == 1


def test_an_undecided_case_is_not_reopened() -> None:
    with pytest.raises(Conflict) as refused:
        reopen(Walk(), "permit")
    assert refused.value.code == "not_decided"


def contradicted(walk: Walk, step: str, outcome: LookupOutcome) -> late_replies.LateReply:
    walk.said(step, outcome)
    (late,) = late_replies.waiting(walk.all_events, walk.request(step).id)
    return late


def judge(walk: Walk, step: str, late: late_replies.LateReply, verdict: str = "apply") -> None:
    request = walk.request(step)
    if verdict == "apply":
        walk.do(lambda file: late_replies.apply_late(file, request, late, WHY, BY, walk.rules))
    else:
        walk.do(lambda file: late_replies.dismiss_late(file, request, late, WHY, BY))


def test_a_late_reply_that_is_applied_to_a_decided_case_is_a_correction() -> None:
    walk = decided()
    late = contradicted(walk, "permit", NO)
    judge(walk, "permit", late)
    assert walk.status("permit") is S.REFUSED
    assert outcomes(walk) == [("decision", "granted"), ("correction", "refused")]
    assert not any(f.startswith("contradiction") for f in walk.file.open_incidents)
    assert late_replies.waiting(walk.all_events, walk.request("permit").id) == []


def test_a_late_reply_that_is_dismissed_changes_nothing_but_the_incident() -> None:
    walk = decided()
    late = contradicted(walk, "permit", NO)
    judge(walk, "permit", late, "dismiss")
    assert (walk.status("permit"), outcomes(walk)) == (S.COMPLETED, [("decision", "granted")])
    assert not walk.file.open_incidents
    assert [e.payload["reason"] for e in walk.all_events if e.type == "reply.dismissed"] == [WHY]
    with pytest.raises(Conflict) as refused:
        judge(walk, "permit", late)
    assert refused.value.code == "nothing_late"


def test_on_an_undecided_case_what_was_skipped_for_it_is_planned_anew() -> None:
    walk = Walk()
    walk.do(lambda _file: _skip(walk, "birth"))
    walk.said("birth", Completed())
    (late,) = late_replies.waiting(walk.all_events, walk.request("birth").id)
    assert walk.status("permit") is S.SKIPPED
    judge(walk, "birth", late)
    assert (walk.status("birth"), walk.status("permit")) == (S.COMPLETED, S.READY)


def _skip(walk: Walk, step: str) -> None:
    request = walk.request(step)
    walk.file.move(request, "skip")
    request.reason, request.finished_at = "an operator's mistake", walk.file.now
    walk.file.event("request.skipped", {"step": step, "request": request.id})


def test_several_late_replies_have_to_be_told_apart() -> None:
    walk = decided()
    contradicted(walk, "permit", NO)
    walk.said("permit", NO)
    assert len(late_replies.waiting(walk.all_events, walk.request("permit").id)) == 1, "a repeat is not another"
    walk.said("permit", NeedsApplicant("a certificate"))
    waiting = late_replies.waiting(walk.all_events, walk.request("permit").id)
    with pytest.raises(Conflict) as refused:
        late_replies.choose(waiting, None)
    assert refused.value.code == "several_replies"
    chosen = late_replies.choose(waiting, waiting[1].sequence)
    with pytest.raises(Conflict) as refused:
        judge(walk, "permit", chosen)
    assert refused.value.code == "cannot_apply", "it reopens the matter, which is for the case to decide"
    with pytest.raises(Conflict):
        late_replies.choose(waiting, 1)


WORDS: dict[str, LookupOutcome] = {
    "completed": Completed(),
    "refused": NO,
    "accepted": Accepted("R"),
    "needs_applicant": NeedsApplicant("x"),
}


@pytest.mark.parametrize("status", [s for s in S if any(v.do is Do.INCIDENT for v in TABLE[s].values())])
@pytest.mark.parametrize("word", WORDS)
def test_every_status_with_every_late_word(status: S, word: str) -> None:
    """Applied exactly where the table of late words says so; else refused with the way out, and nothing has changed."""
    if TABLE[status][word].do is not Do.INCIDENT:
        return
    walk = Walk()
    request = walk.request("permit")
    request.status = status
    walk.said("permit", WORDS[word]) if status is not S.SUPERSEDED else _said(walk, request, WORDS[word])
    (late,) = late_replies.waiting(walk.all_events, request.id)
    to = OVERRULED.get(status, {}).get(word)
    if to is None:
        with pytest.raises(Conflict) as refused:
            late_replies.apply_late(walk.file, request, late, WHY, BY, walk.rules)
        assert (refused.value.code, request.status) == ("cannot_apply", status)
        late_replies.dismiss_late(walk.file, request, late, WHY, BY)
        assert request.status is status
    else:
        late_replies.apply_late(walk.file, request, late, WHY, BY, walk.rules)
        assert request.status is to
    assert f"{IncidentKind.CONTRADICTION}:{request.id}" not in walk.file.open_incidents


def _said(walk: Walk, request: Any, outcome: LookupOutcome) -> None:

    apply(walk.file, request, Said(outcome, "callback", walk.file.now), walk.rules)
    walk.pause(1)
