"""What comes next in a case: the one place that decides it, as a pure function of the case file.

``advance`` is called after every change. It makes steps ready whose needs are met, skips those that can no longer
happen, takes the decision when the service's rule yields one, closes or withdraws the case, and says who holds it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from gateway.domain import clock_ends
from gateway.domain.case import CaseOutcome, CaseStatus, Decision, DecisionKind
from gateway.domain.case_file import CaseFile
from gateway.domain.clock import LEGAL
from gateway.domain.clocks import cancel_clocks, silence_has_spoken, start_clocks
from gateway.domain.errors import CatalogueError, DarchaError
from gateway.domain.holding import holders
from gateway.domain.incident import Incident, IncidentKind
from gateway.domain.lapsing import run_on
from gateway.domain.request import FINISHED, IN_FLIGHT, Request
from gateway.domain.request import RequestStatus as S
from gateway.domain.rules import Rules
from gateway.domain.service import Step
from gateway.domain.suspending import follow_applicant

_SETTLED = (
    *("case.received", "request.completed", "request.refused", "request.skipped", "request.progressed", "request.cancelled"),
    "clock.moved",
)
#: By these an agency may have decided what silence had decided before.
_ANSWERED = ("request.completed", "request.refused", "clock.ended")
_TACIT = (CaseOutcome.TACITLY_GRANTED, CaseOutcome.TACITLY_REFUSED)


def plan_requests(file: CaseFile, rules: Rules) -> None:
    """Give a new case one planned request for each step of its service."""
    for step in rules.service.steps:
        request = Request(
            id=file.mint.uuid(),
            case_id=file.case.id,
            step=step.id,
            agency=step.agency,
            operation=step.operation,
            message_id=file.mint.uuid(),
            status=S.PLANNED,
            created_at=file.now,
            contract=rules.agency(step.agency).digest,
        )
        file.add_request(request)


def advance(file: CaseFile, rules: Rules) -> None:
    """Do everything that now follows from the state of the case. Idempotent; ends when nothing more follows."""
    case = file.case
    if case.status in (CaseStatus.CLOSED, CaseStatus.WITHDRAWN):
        return
    start_clocks(file, rules)
    while _plan(file, rules) or _decide(file, rules):
        pass
    start_clocks(file, rules)
    follow_applicant(file, rules)
    clock_ends.settle(file)
    _settle_status(file, rules)
    case.waiting_on = holders(file, rules)


def _plan(file: CaseFile, rules: Rules) -> bool:
    """Move planned requests on. True when one was settled, so that others may follow."""
    settled = False
    decided = file.decision is not None
    for step in rules.service.steps:
        request = file.live(step.id)
        if request is None or request.status not in (S.PLANNED, S.READY):
            continue
        if file.case.withdrawing or (decided and not step.after_decision and request.status is S.PLANNED):
            file.move(request, "cancel")
            request.next_at, request.finished_at = None, file.now
            file.event("request.cancelled", {"step": step.id, "request": request.id})
            settled = True
        elif request.status is S.PLANNED and not (step.after_decision and not decided):
            settled |= _start_step(file, rules, step, request)
    return settled


def _start_step(file: CaseFile, rules: Rules, step: Step, request: Request) -> bool:
    for need in step.needs:
        needed = file.live(need)
        if needed is None or needed.status not in FINISHED:
            return False
        if needed.status is not S.COMPLETED and not (needed.status is S.SKIPPED and needed.reason == "condition"):
            skip(file, request, f"needs {need}, which is {needed.status}")
            return True
    if all(file.fact(kind) is not None for kind in step.facts):
        make_ready(file, rules, step, request)
    return False


def skip(file: CaseFile, request: Request, reason: str) -> None:
    """The step will not happen; ``condition`` as a reason lets the steps that need it go on."""
    file.move(request, "skip")
    request.reason, request.next_at, request.finished_at = reason, None, file.now
    file.event("request.skipped", {"step": request.step, "request": request.id, "reason": reason})


def make_ready(file: CaseFile, rules: Rules, step: Step, request: Request) -> None:
    """Choose branch and lane and make the request ready. None or two branches found park it with an incident."""
    try:
        agency = rules.agency(step.agency)
        branch = request.branch or choose_branch(file, rules, step)
    except DarchaError as error:
        file.move(request, "park")
        request.reason = str(error)
        facts = {"step": step.id, "request": request.id, "reason": request.reason, "kind": IncidentKind.NO_BRANCH}
        file.event("request.parked", facts)
        fingerprint = f"{IncidentKind.NO_BRANCH}:{request.id}"
        detail = {"number": file.case.number, "step": step.id, "reason": str(error)}
        file.open_incident(Incident(IncidentKind.NO_BRANCH, fingerprint, detail, file.case.id, request.id, step.agency))
        return
    file.move(request, "make_ready")
    request.branch = branch
    request.lane = agency.lane_of(branch)
    request.due_at = _earliest(file, request)
    request.ready_at = request.next_at = file.now
    file.event("request.ready", {"step": step.id, "request": request.id, "agency": step.agency, "branch": branch})


def choose_branch(file: CaseFile, rules: Rules, step: Step) -> str:
    """Return the branch that serves the step's territory today, or empty for an agency without branches.

    Raises ``CatalogueError`` when none or more than one is found.
    """
    agency = rules.agency(step.agency)
    if agency.branches_are_offices:
        return file.case.office
    if step.branch is None:
        return ""
    territory = rules.evaluate(step.branch, rules.context(file, None))
    found = agency.branches_for(str(territory), file.now.astimezone(rules.zone_of(file.case.office)).date())
    if len(found) != 1:
        codes = ", ".join(b.code for b in found) or "none"
        raise CatalogueError(
            f"territory {territory!r} has to have exactly one branch of {agency.id}, found {codes}; mend branches in its contract"
        )
    return found[0].code


def _earliest(file: CaseFile, request: Request) -> datetime | None:
    serves = (c for c in file.clocks.values() if c.kind in LEGAL and c.step in ("", request.step))
    ends = [c.due_at for c in serves if c.due_at is not None]
    return min(ends, default=file.case.due_at)


def _decide(file: CaseFile, rules: Rules) -> bool:
    """Take the decision when the service's rule yields one. True when it did."""
    if file.decision is not None:
        _heed_late_word(file, rules)
        return False
    if file.case.withdrawing or not any(e.type in _SETTLED for e in file.events) or _answered_before(file):
        return False
    run_on(file, rules, file.reached)
    if silence_has_spoken(file, file.reached):
        return False
    decision = _made(file, rules)
    if decision is None:
        return False
    decide(file, decision)
    return True


def _answered_before(file: CaseFile) -> bool:
    """Whether the case was reopened and nothing has been done anew since: the rule would only decide as it did before."""
    if not file.decisions:
        return False
    reopened = file.decisions[-1].date_recorded
    return not any(r.finished_at is not None and r.finished_at > reopened for r in file.live_requests())


def _heed_late_word(file: CaseFile, rules: Rules) -> None:
    """An agency's decision after silence was read as one: kept as an event, and it overwrites nothing. One that is dated in
    time is disputed: a person finds out what holds."""
    tacit = file.decision
    if tacit is None or tacit.outcome not in _TACIT or not any(e.type in _ANSWERED for e in file.events):
        return
    said = _made(file, rules)
    late = IncidentKind.CLOCK_DISPUTED
    fingerprint = f"{late}:{file.case.id}:statutory:"
    if said is None or fingerprint in file.open_incidents or any(e.type == "decision.too_late" for e in file.events):
        return
    facts = {"outcome": said.outcome, "authority": said.authority, "date_given": said.date_given, "after": tacit.outcome}
    file.event("decision.too_late", facts)
    if said.date_given < tacit.date_given:
        file.open_incident(Incident(late, fingerprint, {"number": file.case.number, **facts}, file.case.id))


def _made(file: CaseFile, rules: Rules) -> Decision | None:
    """Return what the service's rule makes of the answers; ``None`` when nothing yet, or when the rule fails, which is told."""
    try:
        made = rules.evaluate(rules.service.decision, rules.context(file, None))
        return None if made is None else _decision(file, rules, made)
    except (DarchaError, ValueError, KeyError, TypeError, AttributeError) as error:  # it may yield anything
        fingerprint = f"{IncidentKind.RULE_FAILED}:{file.case.id}:decision"
        detail = {"number": file.case.number, "rule": rules.service.decision.name, "reason": str(error)}
        file.open_incident(Incident(IncidentKind.RULE_FAILED, fingerprint, detail, file.case.id))
        return None


def _decision(file: CaseFile, rules: Rules, made: Mapping[str, Any]) -> Decision:
    given = datetime.fromisoformat(made["date_given"]) if made.get("date_given") else file.reached
    if given.tzinfo is None:  # a day, or a time by the clock on the wall: the office's
        given = given.replace(tzinfo=rules.zone_of(file.case.office))
    return Decision(
        outcome=CaseOutcome(made["outcome"]),
        authority=str(made["authority"]),
        date_given=given.astimezone(UTC),
        date_recorded=file.now,
        ground=str(made.get("ground") or ""),
        legal_basis=str(made.get("legal_basis") or ""),
        documents=tuple(made.get("documents") or ()),
        appeal=made.get("appeal") or {},
    )


def reconsider(file: CaseFile, rules: Rules, reason: str, actor: str) -> None:
    """A late word was applied to a decided case: when the service's rule now yields another outcome, that is a further
    decision, a correction. What silence has decided stands; only people decide otherwise (``decisions.py``)."""
    stands = file.decision
    if stands is None or stands.outcome in _TACIT:
        return
    said = _made(file, rules)
    if said is not None and said.outcome is not stands.outcome:
        decide(file, replace(said, kind=DecisionKind.CORRECTION), actor, reason)


def decide(file: CaseFile, decision: Decision, actor: str = "gateway", reason: str = "") -> None:
    """Record a decision on the case and end the clocks that it ends. ``reason`` is why a person gives it."""
    case = file.case
    file.add_decision(decision)
    case.outcome, case.decided_at, case.status = decision.outcome, file.now, CaseStatus.DECIDED
    further = {"kind": decision.kind} if decision.kind is not DecisionKind.DECISION else {}
    why = {"reason": reason} if reason else {}
    file.event(
        "case.decided",
        {
            "outcome": decision.outcome,
            "authority": decision.authority,
            "ground": decision.ground,
            "legal_basis": decision.legal_basis,
            "date_given": decision.date_given,
            "documents": list(decision.documents),
            "appeal": dict(decision.appeal),
            **further,
            **why,
        },
        actor,
    )
    file.recover(f"{IncidentKind.NO_DECISION}:{case.id}", "the case is decided", actor)
    clock_ends.by_decision(file, decision)


def _settle_status(file: CaseFile, rules: Rules) -> None:
    case = file.case
    live = list(file.live_requests())
    open_ = [r for r in live if r.status not in FINISHED]
    if case.withdrawing:
        if not any(r.status in IN_FLIGHT for r in open_):
            _withdrawn(file, rules)
        return
    if file.decision is not None:
        if not open_ and clock_ends.awaited(file) is None:
            cancel_clocks(file, "the case is closed")
            case.status, case.closed_at = CaseStatus.CLOSED, file.now
            file.event("case.closed", {"outcome": case.outcome})
        return
    after = {step.id for step in rules.service.steps if step.after_decision}
    if all(r.status is S.PLANNED and r.step in after for r in open_):  # what follows a decision brings none about
        fingerprint = f"{IncidentKind.NO_DECISION}:{case.id}"
        if fingerprint not in file.open_incidents:
            detail = {"number": case.number, "rule": rules.service.decision.name}
            file.open_incident(Incident(IncidentKind.NO_DECISION, fingerprint, detail, case.id))
        return
    _set_status(file, _undecided_status(file, open_))


def _undecided_status(file: CaseFile, open_: list[Request]) -> CaseStatus:
    moving = [r for r in open_ if r.status not in (S.PLANNED, S.AWAITING_APPLICANT)]
    if not moving and any(r.status is S.AWAITING_APPLICANT for r in open_):
        return CaseStatus.AWAITING_APPLICANT
    started = any(r.status not in (S.PLANNED, S.READY) or r.attempts for r in file.requests.values())
    return CaseStatus.IN_PROGRESS if started else CaseStatus.RECEIVED


def _set_status(file: CaseFile, status: CaseStatus) -> None:
    if file.case.status is not status:
        file.case.status = status
        file.event("case.moved", {"status": status})


def _withdrawn(file: CaseFile, rules: Rules) -> None:
    """Nothing is under way any more. Effects that stand at an agency are for a person to undo."""
    case = file.case
    case.status, case.closed_at = CaseStatus.WITHDRAWN, file.now
    cancel_clocks(file, "the case was withdrawn")
    for request in file.live_requests():
        if request.status is S.COMPLETED and not rules.operation(request).idempotent:
            fingerprint = f"{IncidentKind.EFFECT_TO_UNDO}:{request.id}"
            detail = {"number": case.number, "step": request.step, "cancel": rules.operation(request).cancel}
            incident = Incident(IncidentKind.EFFECT_TO_UNDO, fingerprint, detail, case.id, request.id, request.agency)
            file.open_incident(incident)
    file.event("case.withdrawn", {})
