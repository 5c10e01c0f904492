"""A reply that contradicts a finished request: kept as an event until a person applies or dismisses it. Pure.

Applied, it goes the one way in that every reply goes, as of when it reached our edge. What it means for the case:

    undecided   steps that were skipped because of the request are planned anew, and the service's rule decides
    decided     the rule is asked again; another outcome is a further decision, a correction. Silence that has decided is
                never overruled so: a person decides (``decisions.py``)
    withdrawn   what the agency has done stands there, and is for a person to undo

Only words that end the matter can be applied (``transitions.OVERRULED``).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from gateway.domain.applied import Said, apply
from gateway.domain.case import CaseStatus
from gateway.domain.case_file import CaseFile
from gateway.domain.errors import Conflict
from gateway.domain.events import Event
from gateway.domain.incident import Incident, IncidentKind
from gateway.domain.outcomes import LookupOutcome, name_of, outcome_from_json, outcome_to_json
from gateway.domain.planning import plan_skipped_anew
from gateway.domain.progress import reconsider
from gateway.domain.request import Request
from gateway.domain.request import RequestStatus as S
from gateway.domain.rules import Rules
from gateway.domain.superseding import Effect, effect_of
from gateway.domain.transitions import Do, overruled

_SETTLED = ("reply.applied", "reply.dismissed")


@dataclass(frozen=True, slots=True)
class LateReply:
    """A kept reply. ``sequence`` is the number of its event; ``at`` is when it was recorded (UTC)."""

    sequence: int
    at: datetime
    actor: str
    outcome: LookupOutcome


def waiting(events: Iterable[Event], request: UUID) -> list[LateReply]:
    """Return the replies to a request that nobody has applied or dismissed, oldest first; a repeat of one is not another."""
    found: list[LateReply] = []
    closed = f"{IncidentKind.CONTRADICTION}:{request}"
    for event in events:
        if event.type == "incident.closed" and event.payload.get("fingerprint") == closed:
            found.clear()
        if str(event.payload.get("request", "")) != str(request):
            continue
        if event.type in _SETTLED:
            found.clear()
        elif event.type == "reply.contradicts":
            reply = LateReply(event.seq, event.time, event.actor, outcome_from_json(event.payload["said"]))
            if all(reply.outcome != known.outcome for known in found):
                found.append(reply)
    return found


def choose(replies: Sequence[LateReply], sequence: int | None) -> LateReply:
    """Return the reply that is meant. Raises ``Conflict``: none waits, or which of several has to be said."""
    if not replies:
        raise Conflict("nothing_late", "no late reply to this request waits for a person")
    numbers = ", ".join(f"{r.sequence} ({name_of(r.outcome)})" for r in replies)
    chosen = replies if sequence is None else [r for r in replies if r.sequence == sequence]
    if not chosen:
        raise Conflict("nothing_late", f"the event {sequence} is no late reply that waits; these do: {numbers}")
    if len(chosen) > 1:
        raise Conflict("several_replies", f"several late replies wait; name one by its sequence: {numbers}")
    return chosen[0]


def apply_late(file: CaseFile, request: Request, late: LateReply, reason: str, by: str, rules: Rules) -> None:
    """Apply a late reply, against what is known of the request. Raises ``Conflict`` when it cannot be."""
    if overruled(request.status, late.outcome).do is not Do.APPLY:
        raise Conflict(
            "cannot_apply",
            f"{name_of(late.outcome)} cannot be applied to a request that is {request.status}; dismiss it, or reopen the case"
            " and have the step done anew",
        )
    if request.status is S.SUPERSEDED:
        _stand_again(file, request, reason, by, rules)
    decided = file.decision is not None
    _settle(file, request, late, "reply.applied", reason, by)
    apply(file, request, Said(late.outcome, "operator", late.at, by, overrules=True), rules)
    if file.case.status is CaseStatus.WITHDRAWN:
        _to_undo(file, request, rules)
    elif decided:
        reconsider(file, rules, reason, by)
    else:
        plan_skipped_anew(file, rules, reason, by)


def dismiss_late(file: CaseFile, request: Request, late: LateReply, reason: str, by: str) -> None:
    """Leave the request as it is; the reply stays among the events with the reason why it does not count."""
    _settle(file, request, late, "reply.dismissed", reason, by)


def _settle(file: CaseFile, request: Request, late: LateReply, event: str, reason: str, by: str) -> None:
    print_ = f"{IncidentKind.CONTRADICTION}:{request.id}"
    if print_ not in file.open_incidents:
        raise Conflict("nothing_late", "the incident of this late reply is closed already")
    facts = {"step": request.step, "request": request.id, "late": late.sequence, "reason": reason}
    file.event(event, {**facts, "said": outcome_to_json(late.outcome), "was": request.status}, by)
    file.recover(print_, f"{event.partition('.')[2]}: {reason}", by)


def _stand_again(file: CaseFile, request: Request, reason: str, by: str, rules: Rules) -> None:
    """What took the place of the request steps back, when it is known to have had no effect."""
    heir = file.live(request.step)
    if heir is None:
        return
    unsent = heir.status in (S.READY, S.PARKED) and effect_of(file, heir, rules.operation(heir)) is Effect.NONE
    if heir.status not in (S.PLANNED, S.SKIPPED, S.CANCELLED) and not unsent:
        raise Conflict(
            "cannot_apply",
            f"the request that took its place is {heir.status}; wait for what becomes of it, then dismiss this reply or reopen"
            " the case",
        )
    if heir.status is S.PLANNED:
        file.move(heir, "cancel")
    file.move(heir, "redo" if heir.status in (S.SKIPPED, S.CANCELLED) else "supersede")
    heir.finished_at, heir.next_at = file.now, None
    for kind in IncidentKind:
        file.recover(f"{kind}:{heir.id}", f"superseded: {reason}", by)
    file.event("request.superseded", {"step": heir.step, "request": heir.id, "stands": request.id, "reason": reason}, by)


def _to_undo(file: CaseFile, request: Request, rules: Rules) -> None:
    operation = rules.operation(request)
    if request.status is S.COMPLETED and not operation.idempotent:
        kind = IncidentKind.EFFECT_TO_UNDO
        detail = {"number": file.case.number, "step": request.step, "cancel": operation.cancel}
        file.open_incident(Incident(kind, f"{kind}:{request.id}", detail, file.case.id, request.id, request.agency))
