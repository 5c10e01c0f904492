"""A person sends a step anew: to another branch, or by the mapping that is current now. Pure.

Changed content is a new message, so it is lawful only while the old one is known to have had no effect, or to await the
change (DESIGN promise 3). What is known of that is read off the request:

    awaiting_applicant                                      it awaits the change
    nothing that may have reached the agency was sent       no effect
    the only message that reached it was called unreadable,
    or not theirs                                           no effect
    the operation is not idempotent, and the agency has
    never taken it: what was doubtful was looked up         no effect
    anything else                                           an effect is possible: whoever has asked the agency says so

A case pins form, steps and mappings. The new request names the service whose mapping makes it (``Request.pin``), and the event
``request.superseded`` both digests; the case's own pin stays, and with it its decision rule, its terms and its other steps.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from gateway.domain.agency import Operation
from gateway.domain.applied import supersede
from gateway.domain.case_file import CaseFile
from gateway.domain.errors import BadInput, Conflict, DarchaError, Problem
from gateway.domain.incident import IncidentKind, TimerKind
from gateway.domain.progress import choose_branch
from gateway.domain.request import Request
from gateway.domain.request import RequestStatus as S
from gateway.domain.rules import Rules
from gateway.domain.service import Service
from gateway.domain.succession import inherits

_TIMERS = (TimerKind.APPLICANT_DEADLINE, TimerKind.NO_REPLY, TimerKind.ESCALATION)
#: Incidents by which an agency has said that it did not act.
_NOT_ACTED = (IncidentKind.INVALID, IncidentKind.REDIRECT_LOOP)


class Effect(StrEnum):
    """What is known of the effect that a request has had at its agency."""

    NONE = "none"
    AWAITS_CHANGE = "awaits_change"
    POSSIBLE = "possible"


@dataclass(frozen=True, slots=True)
class Change:
    """What is changed: ``branch`` (empty: the same), ``service`` whose mapping makes the message (``None``: the pinned one).

    ``no_effect``: a person has asked the agency and vouches, with the reason, that the old message has had none.
    """

    branch: str = ""
    service: Service | None = None
    no_effect: bool = False


def effect_of(file: CaseFile, request: Request, operation: Operation) -> Effect:
    """Return what is known of the effect of a request that stands ready, parked or awaits the applicant."""
    if request.status is S.AWAITING_APPLICANT:
        return Effect.AWAITS_CHANGE
    if request.status not in (S.READY, S.PARKED):
        return Effect.POSSIBLE
    taken = bool(request.reference) and not inherits(file, request)
    if request.sent_at is None and not taken:
        return Effect.NONE
    if taken:
        return Effect.POSSIBLE
    if not operation.idempotent:  # an unknown outcome would have made it doubtful
        return Effect.NONE
    refused = any(f"{kind}:{request.id}" in file.open_incidents for kind in _NOT_ACTED)
    only_once = request.sent_at is not None and request.released_at is not None and request.sent_at >= request.released_at
    return Effect.NONE if refused and only_once else Effect.POSSIBLE


def replace(file: CaseFile, request: Request, change: Change, reason: str, by: str, rules: Rules) -> Request:
    """Put a new request in the place of this one, ready at once; return it.

    Raises ``Conflict`` (``in_doubt``, ``effect_possible``, ``transition``, ``step_changed``, ``no_lane``) or ``BadInput``.
    """
    agency = rules.agency(request.agency)
    if change.branch and agency.branch(change.branch) is None:
        raise BadInput([Problem("/branch", "unknown", f"{agency.id} has no branch {change.branch!r}")])
    if request.status is S.IN_DOUBT:
        raise Conflict(
            "in_doubt",
            "nobody knows whether the agency has acted; ask it and resolve the request first: as completed, or as not_there,"
            " which makes it ready, and then supersede it",
        )
    if not change.no_effect and _may_go(request) and effect_of(file, request, rules.operation(request)) is Effect.POSSIBLE:
        raise Conflict(
            "effect_possible",
            "the agency may have acted on what was sent, and a new message could act again; ask it, then resolve the request,"
            " or supersede it with no_effect and say in the reason who has confirmed that",
        )
    if change.service is not None:
        _same_step(request, change.service)
    branch = change.branch or request.branch
    if not branch and not request.lane:
        branch = _found_branch(file, request, change, rules)
    file.move(request, "supersede")
    request.finished_at, request.next_at, request.until = file.now, None, None
    for timer in _TIMERS:
        file.clear_timer(timer, request.id)
    for kind in IncidentKind:
        file.recover(f"{kind}:{request.id}", f"superseded: {reason}", by)
    facts: dict[str, Any] = {"step": request.step, "request": request.id, "reason": reason}
    facts["branch"] = {"from": request.branch, "to": branch}
    pinned, contract = request.pin or file.case.pin, request.contract
    if change.service is not None:
        facts["mapping"] = {"from": pinned, "to": change.service.digest}
        facts["contract"] = {"from": contract, "to": agency.digest}
    if change.no_effect:
        facts["no_effect"] = True
    file.event("request.superseded", facts, by)
    new = supersede(file, request, agency.lane_of(branch), branch)
    new.pin = request.pin
    if change.service is not None:
        new.pin = "" if change.service.digest == file.case.pin else change.service.digest
        new.contract = agency.digest
    return new


def _may_go(request: Request) -> bool:
    """Whether the table allows it at all; where it does not, that is what has to be told."""
    return request.status in (S.AWAITING_APPLICANT, S.PARKED, S.READY)


def _same_step(request: Request, service: Service) -> None:
    """The current service has to ask the same of the same agency, else it is another step under an old name."""
    step = next((s for s in service.steps if s.id == request.step), None)
    if step is None or (step.agency, step.operation) != (request.agency, request.operation):
        now = "has no such step" if step is None else f"asks {step.operation} of {step.agency}"
        raise Conflict(
            "step_changed",
            f"the step {request.step} asks {request.operation} of {request.agency}, and version {service.version} of"
            f" {service.id} {now}; its mapping cannot stand for this request. Resolve it by hand",
        )


def _found_branch(file: CaseFile, request: Request, change: Change, rules: Rules) -> str:
    try:
        return choose_branch(file, rules, (change.service or rules.service).step(request.step))
    except DarchaError as error:
        raise Conflict("no_lane", f"there is still no branch for it: {error}; name one") from None
