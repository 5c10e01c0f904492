"""What the front office and the operators do to a case: facts, supplements, withdrawal, repairs. Pure.

Each raises ``Conflict`` or ``BadInput`` with the rule and the way out, and then nothing has changed: storage discards
the file. The caller calls ``advance`` afterwards.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from gateway.domain import clock_ends
from gateway.domain.applied import TRANSPORT, Said, apply, supersede
from gateway.domain.case import CONFIRMABLE, CaseOutcome, CaseStatus, Decision, Fact, FactKind
from gateway.domain.case_file import CaseFile
from gateway.domain.errors import BadInput, Conflict, DarchaError, NotFound, Problem
from gateway.domain.events import fingerprint
from gateway.domain.incident import Incident, IncidentKind, TimerKind
from gateway.domain.outcomes import LookupOutcome, Unknown
from gateway.domain.progress import choose_branch, decide
from gateway.domain.request import Request, Work
from gateway.domain.request import RequestStatus as S
from gateway.domain.rules import Rules
from gateway.domain.service import AfterDeadline
from gateway.domain.succession import inherits

#: Incidents that a retry answers.
_RETRIED: Final = (
    *(IncidentKind.EXHAUSTED, IncidentKind.IN_DOUBT, IncidentKind.INVALID, IncidentKind.RENDER_FAILED),
    *(IncidentKind.NO_BRANCH, IncidentKind.REDIRECT_LOOP),
)
_OPEN = (CaseStatus.RECEIVED, CaseStatus.IN_PROGRESS, CaseStatus.AWAITING_APPLICANT)


def request_of(file: CaseFile, id_: UUID) -> Request:
    """Return the request; raises ``NotFound``."""
    found = file.requests.get(id_)
    if found is None:
        raise NotFound("no_request", f"the case {file.case.number} has no request {id_}")
    return found


def confirm(file: CaseFile, kind: FactKind, at: datetime, by: str, data: Mapping[str, Any]) -> None:
    """The front office confirms a fact. The same fact again is a repeat and changes nothing."""
    if kind not in CONFIRMABLE:
        raise BadInput([Problem("/kind", "enum", f"a {kind} has its own call: POST /v1/cases/{{id}}/{kind}")])
    if file.case.status in (CaseStatus.CLOSED, CaseStatus.WITHDRAWN):
        raise Conflict("case_closed", f"the case is {file.case.status}; facts belong to an open case")
    if at > file.now + timedelta(minutes=5):
        raise BadInput([Problem("/at", "future", "a fact lies in the past; check the clock of the sender")])
    known = file.fact(kind)
    if known is not None:
        if known.at == at and dict(known.data) == dict(data):
            return
        raise Conflict("fact_known", f"{kind} was confirmed before, at {known.at.isoformat()}; a fact is confirmed once")
    fact = Fact(kind, at, file.now, by, dict(data))
    file.add_fact(fact)
    file.event("fact.confirmed", {"kind": kind, "at": at, "data": dict(data)}, by)
    clock_ends.by_fact(file, fact)


def supplement(
    file: CaseFile, rules: Rules, step: str, data: Mapping[str, Any], documents: list[Mapping[str, Any]], by: str
) -> Request:
    """The applicant adds what was asked for: a superseding request carries it to the agency."""
    waiting = [r for r in file.live_requests() if r.status is S.AWAITING_APPLICANT and step in ("", r.step)]
    if len(waiting) != 1:
        open_ = ", ".join(r.step for r in file.live_requests() if r.status is S.AWAITING_APPLICANT) or "none"
        raise Conflict("nothing_asked", f"no step {step or '(unnamed)'} waits for the applicant; waiting now: {open_}")
    old = waiting[0]
    content = {"step": old.step, "what": old.reason, "data": dict(data), "documents": [dict(d) for d in documents]}
    file.add_fact(Fact(FactKind.SUPPLEMENT, file.now, file.now, by, content))
    file.event("case.supplemented", {"step": old.step, "request": old.id, "content": fingerprint(content)}, by)
    file.clear_timer(TimerKind.APPLICANT_DEADLINE, old.id)
    file.recover(f"{IncidentKind.APPLICANT_DEADLINE}:{old.id}", "the applicant has acted", by)
    file.move(old, "supersede")
    old.finished_at, old.next_at, old.until = file.now, None, None
    return supersede(file, old, rules.agency(old.agency).lane_of(old.branch), old.branch)


def withdraw(file: CaseFile, rules: Rules, reason: str, by: str) -> None:
    """The applicant withdraws. What is planned or ready is cancelled, what is released finishes first."""
    if file.case.status not in _OPEN:
        raise Conflict("case_decided", f"the case is {file.case.status}; only an undecided case can be withdrawn")
    if file.case.withdrawing:
        return
    file.case.withdrawing = True
    file.event("case.withdrawing", {"reason": reason}, by)
    for request in list(file.live_requests()):
        if request.status in (S.AWAITING_APPLICANT, S.PARKED):
            sent = request.status is S.AWAITING_APPLICANT
            file.move(request, "cancel")
            request.finished_at, request.next_at, request.until = file.now, None, None
            file.clear_timer(TimerKind.APPLICANT_DEADLINE, request.id)
            for kind in IncidentKind:
                file.recover(f"{kind}:{request.id}", f"withdrawn: {reason}", by)
            file.event("request.cancelled", {"step": request.step, "request": request.id}, by)
            if sent and not rules.operation(request).idempotent:
                detail = {"number": file.case.number, "step": request.step, "cancel": rules.operation(request).cancel}
                fingerprint = f"{IncidentKind.EFFECT_TO_UNDO}:{request.id}"
                kind = IncidentKind.EFFECT_TO_UNDO
                file.open_incident(Incident(kind, fingerprint, detail, file.case.id, request.id, request.agency))


def retry(file: CaseFile, request: Request, reason: str, by: str, rules: Rules) -> None:
    """An operator sets a parked, doubtful or waiting request going again: the same bytes, a fresh budget of attempts.

    One in doubt is looked up again. Where the contract has no lookup it is not sent blindly (promise 3): whoever has
    asked the agency resolves it, as ``completed`` or as ``not_there``, which sends it again.
    """
    operation = rules.operation(request)
    doubtful = request.status is S.IN_DOUBT and not operation.idempotent
    if request.status is S.PARKED and not operation.idempotent and request.reference and not inherits(file, request):
        raise Conflict(
            "agency_has_it",
            f"the agency has taken it under {request.reference}; ask, then resolve it, as accepted where it is still worked on",
        )
    if doubtful and operation.lookup is None:
        raise Conflict(
            "in_doubt", "nobody knows whether the agency has acted and its contract has no lookup; ask, then resolve it"
        )
    if not doubtful:
        file.move(request, "retry")
        request.attempts = 0
    if not request.lane:
        _find_lane(file, request, rules)
    file.touch(request)
    request.next_at, request.lookups = file.now, 0
    for kind in _RETRIED:
        file.recover(f"{kind}:{request.id}", f"retried: {reason}", by)
    facts = {"step": request.step, "request": request.id, "reason": reason, "next_at": file.now}
    file.event("request.in_doubt" if doubtful else "request.retried", facts, by)


def _find_lane(file: CaseFile, request: Request, rules: Rules) -> None:
    """No branch was found when it became ready; the catalogue may have been mended since."""
    try:
        request.branch = choose_branch(file, rules, rules.service.step(request.step))
    except DarchaError as error:
        raise Conflict("no_lane", f"there is still no branch for it: {error}; mend it, or supersede it with a branch") from None
    request.lane = rules.agency(request.agency).lane_of(request.branch)
    request.ready_at = file.now


def resolve(file: CaseFile, request: Request, outcome: LookupOutcome, reason: str, by: str, rules: Rules) -> None:
    """A person says what became of a request. It goes the one way in that every reply goes."""
    if request.status is S.PLANNED:
        raise Conflict("not_started", "the request is planned; it can be resolved once it was made ready")
    if request.lease_id is not None and isinstance(outcome, TRANSPORT):
        # What is said of a transport makes a request ready to be sent again: not while somebody may be sending it.
        raise Conflict("in_flight", f"a worker has the request until {request.lease_until}; only its word counts until then")
    file.event("request.resolved", {"step": request.step, "request": request.id, "reason": reason}, by)
    for kind in IncidentKind:
        file.recover(f"{kind}:{request.id}", f"resolved: {reason}", by)
    apply(file, request, Said(outcome, "operator", file.now, by), rules)


def cancel(file: CaseFile, request: Request, reason: str, by: str) -> None:
    """An operator gives a request up for good, before anything was sent."""
    file.move(request, "cancel")
    request.reason, request.next_at, request.finished_at = reason, None, file.now
    for kind in IncidentKind:
        file.recover(f"{kind}:{request.id}", f"cancelled: {reason}", by)
    file.event("request.cancelled", {"step": request.step, "request": request.id, "reason": reason}, by)


def lease_ended(file: CaseFile, request: Request, rules: Rules) -> None:
    """A lease ended without an outcome: nobody knows, so it is ``Unknown`` like any other silence."""
    if request.lease_id is None or request.lease_until is None or request.lease_until > file.now:
        return
    work = request.lease_work or Work.SEND
    said = Said(Unknown("the lease ended without an outcome"), "clock", file.now, lease_id=request.lease_id, work=work)
    apply(file, request, said, rules)


def deadline_passed(file: CaseFile, request: Request, rules: Rules) -> None:
    """The applicant did not act in time: the service's rule says what follows, as of the deadline, whenever it is noticed."""
    file.clear_timer(TimerKind.APPLICANT_DEADLINE, request.id)
    if request.status is not S.AWAITING_APPLICANT or request.until is None:
        return
    if request.until > file.now:  # moved since the timer was read: what was cleared is the new one
        file.set_timer(TimerKind.APPLICANT_DEADLINE, request.id, request.until)
        return
    rule, at = rules.service.after_deadline, request.until
    file.event("applicant.deadline_passed", {"step": request.step, "request": request.id, "rule": rule, "at": at})
    match rule:
        case AfterDeadline.INCIDENT:
            kind = IncidentKind.APPLICANT_DEADLINE
            detail = {"number": file.case.number, "step": request.step, "what": request.reason}
            file.open_incident(Incident(kind, f"{kind}:{request.id}", detail, file.case.id, request.id, request.agency))
        case AfterDeadline.GO_ON | AfterDeadline.REFUSE | AfterDeadline.RETURN:
            file.move(request, "cancel")
            request.finished_at = file.now
            file.event("request.cancelled", {"step": request.step, "request": request.id, "reason": "deadline"})
            if rule is AfterDeadline.GO_ON or file.decision is not None:  # no later rule overwrites a decision
                return
            outcome = CaseOutcome.REFUSED if rule is AfterDeadline.REFUSE else CaseOutcome.RETURNED
            authority = str(rules.service.standard.get("authority", request.agency))
            legal = str(rules.service.standard.get("legal_basis", ""))
            ground = f"the applicant did not act in time: {request.reason}"
            decide(file, Decision(outcome, authority, at, file.now, ground, legal))


def no_reply(file: CaseFile, request: Request) -> None:
    """An agency that accepted a request has been silent for longer than its contract allows."""
    file.clear_timer(TimerKind.NO_REPLY, request.id)
    if request.status is S.AWAITING_REPLY:
        kind = IncidentKind.NO_REPLY
        detail = {"number": file.case.number, "step": request.step, "reference": request.reference}
        incident = Incident(kind, f"{kind}:{request.id}", detail, file.case.id, request.id, request.agency, request.lane)
        file.open_incident(incident)
