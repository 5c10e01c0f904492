"""Decisions that a person records, and cases that are reopened. Pure.

Decisions are a list, never overwritten. The first one decides the case. On a case that is decided a further one corrects or
reverses it: the case has its outcome from then on. A reversal or an annulment that leaves the matter open reopens the case:
the steps named are planned anew, and without any a person decides.

The statutory clock is not touched by that. It measured the time to the first decision and has ended with it: met, late, or
with a decision by silence, as it was. No rule here gives the authority that decides anew another term, so none is invented;
who reopens a case sees it among those that need attention, and the clocks of single steps are kept as they ended. Where a
disputed or tacit end was the ground, its incident closes with the reason given.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final

from gateway.domain.case import CaseOutcome, CaseStatus, Decision, DecisionKind
from gateway.domain.case_file import CaseFile
from gateway.domain.clocks import silence_has_spoken
from gateway.domain.errors import BadInput, Conflict, Problem
from gateway.domain.incident import IncidentKind
from gateway.domain.lapsing import run_on
from gateway.domain.planning import plan_anew
from gateway.domain.progress import decide
from gateway.domain.request import FINISHED
from gateway.domain.request import RequestStatus as S
from gateway.domain.rules import Rules

#: How far ahead of ours the clock of whoever sends may be.
_AHEAD: Final = timedelta(minutes=5)
#: What a person can give; what follows from silence follows from the clock alone.
BY_HAND: Final = (
    *(CaseOutcome.GRANTED, CaseOutcome.PARTLY_GRANTED, CaseOutcome.REFUSED, CaseOutcome.RETURNED),
    CaseOutcome.LAPSED,
)
FURTHER: Final = (DecisionKind.CORRECTION, DecisionKind.REVERSAL)
REOPENING: Final = (DecisionKind.REVERSAL, DecisionKind.ANNULMENT)


def give(file: CaseFile, rules: Rules, decision: Decision, reason: str, by: str) -> None:
    """Record a decision that a person gives: the first one, or a correction or reversal of the one that stands.

    Raises ``Conflict`` (``case_withdrawn``, ``case_decided``, ``not_decided``, ``silence_spoke``) or ``BadInput``.
    """
    _check(file, decision)
    if decision.outcome not in BY_HAND:
        raise BadInput([Problem("/outcome", "enum", f"a person decides one of: {', '.join(BY_HAND)}")])
    if file.decision is not None:
        if decision.kind not in FURTHER:
            raise Conflict(
                "case_decided",
                f"the case is decided ({file.case.outcome}); a further decision says what it is: {' or '.join(FURTHER)}",
            )
    elif decision.kind not in (DecisionKind.DECISION, *(FURTHER if file.decisions else ())):
        raise Conflict("not_decided", f"the case is not decided; there is nothing for a {decision.kind} to change")
    else:
        run_on(file, rules, file.now)
        if silence_has_spoken(file, file.now):
            raise Conflict(
                "silence_spoke", "the term has ended and the law reads silence as a decision; once it is recorded, reverse it"
            )
    _disputes_end(file, reason, by)
    file.recover(f"{IncidentKind.RULE_FAILED}:{file.case.id}:decision", f"decided by hand: {reason}", by)
    decide(file, decision, by, reason)


def reopen(file: CaseFile, rules: Rules, decision: Decision, steps: Sequence[str], reason: str, by: str) -> None:
    """Take the standing decision away and let the case go on. ``decision.outcome`` is set to the one that it takes away.

    ``steps`` are planned anew, and so is what follows a decision. Raises ``Conflict`` (``not_decided``,
    ``step_under_way``) or ``BadInput``.
    """
    _check(file, decision)
    stands = file.decision
    if stands is None or file.case.status not in (CaseStatus.DECIDED, CaseStatus.CLOSED):
        raise Conflict("not_decided", f"the case is {file.case.status}; only a decided case can be reopened")
    if decision.kind not in REOPENING:
        raise BadInput([Problem("/kind", "enum", f"a case is reopened by one of: {', '.join(REOPENING)}")])
    known = {step.id: step for step in rules.service.steps}
    if strange := [step for step in steps if step not in known]:
        raise BadInput([Problem("/steps", "unknown", f"the service has no step {strange[0]!r}; it has {', '.join(known)}")])
    anew = [name for name in known if name in steps]
    for name in anew:
        request = file.live(name)
        if request is not None and request.status not in FINISHED:
            raise Conflict("step_under_way", f"the step {name} is {request.status}; it goes on by itself and is not done anew")
    file.add_decision(replace(decision, outcome=stands.outcome))
    case = file.case
    case.outcome = case.decided_at = case.closed_at = None
    case.status = CaseStatus.IN_PROGRESS
    facts = {name: getattr(decision, name) for name in ("kind", "authority", "ground", "legal_basis", "date_given")}
    facts |= {"outcome": stands.outcome, "documents": list(decision.documents), "steps": anew, "reason": reason}
    file.event("case.reopened", facts, by)
    _disputes_end(file, reason, by)
    for step in known.values():
        request = file.live(step.id)
        if request is None or request.status not in FINISHED:
            continue
        if step.id in anew or step.after_decision or (request.status is S.CANCELLED and set(step.needs) & set(anew)):
            plan_anew(file, rules, request, reason, by)


def _check(file: CaseFile, decision: Decision) -> None:
    if file.case.status is CaseStatus.WITHDRAWN or file.case.withdrawing:
        raise Conflict("case_withdrawn", "the application was withdrawn; nothing is decided about it any more")
    if decision.date_given > file.now + _AHEAD:
        raise BadInput([Problem("/date_given", "future", "this lies in the future; check the clock of the sender")])


def _disputes_end(file: CaseFile, reason: str, by: str) -> None:
    """Whoever decides has found out what holds: what was disputed about the term waits for nobody any more."""
    start = f"{IncidentKind.CLOCK_DISPUTED}:{file.case.id}:statutory:"
    for print_ in [p for p in file.open_incidents if p.startswith(start)]:
        file.recover(print_, f"decided: {reason}", by)
