"""What expressions see of a case: the one input of every mapping, condition, branch, lookup and decision.

``null`` stands where there is no subject, representative or supplement; other keys are left out when there is nothing.
Instants are RFC 3339 in UTC.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from gateway.domain.case import CONFIRMABLE, Case, Fact, FactKind
from gateway.domain.request import Request, RequestStatus

#: The roots of the input, for the catalogue's check of what a mapping reads.
ROOTS: Final = frozenset(
    {
        "application",
        "applicants",
        "applicant",
        "subject",
        "representative",
        "form",
        "case",
        "steps",
        "facts",
        "supplement",
        "request",
    }
)
#: What ``steps.<id>`` has.
STEP_KEYS: Final = frozenset({"status", "data", "reference", "progress", "refusal", "decided_at"})
_NOT_APPLICATION: Final = frozenset({"parties", "form"})


def mapping_input(
    case: Case, requests: Iterable[Request], facts: Iterable[Fact], request: Request | None = None
) -> dict[str, Any]:
    """Return the input. ``requests`` are all of the case; of each step the one that is not superseded counts.

    ``request`` is the one that the expression is evaluated for. The parts of the envelope are shared, not copied.
    """
    envelope = case.envelope
    parties: list[Mapping[str, Any]] = list(envelope.get("parties") or ())
    known = list(facts)
    seen: dict[str, Any] = {
        "application": {key: value for key, value in envelope.items() if key not in _NOT_APPLICATION},
        "applicants": [party for party in parties if party.get("role") == "applicant"],
        "applicant": _first(parties, "applicant"),
        "subject": _first(parties, "subject"),
        "representative": _first(parties, "representative"),
        "form": envelope.get("form") or {},
        "case": {"number": case.number, "received_at": case.received_at.isoformat()},
        "steps": {r.step: _step(r) for r in requests if r.status is not RequestStatus.SUPERSEDED},
        "facts": {
            str(fact.kind): {"at": fact.at.isoformat(), "data": dict(fact.data)} for fact in known if fact.kind in CONFIRMABLE
        },
        "supplement": _supplement(known, request),
    }
    if request is not None:
        seen["request"] = {
            "message_id": str(request.message_id),
            "reference": request.reference,
            "step": request.step,
            "branch": request.branch,
        }
    return seen


def _first(parties: list[Mapping[str, Any]], role: str) -> Mapping[str, Any] | None:
    return next((party for party in parties if party.get("role") == role), None)


def _step(request: Request) -> dict[str, Any]:
    seen: dict[str, Any] = {"status": str(request.status)}
    data = dict(request.data)
    progress = data.pop("progress", None)
    if data:
        seen["data"] = data
    if progress is not None:
        seen["progress"] = progress
    if request.reference:
        seen["reference"] = request.reference
    outcome = request.outcome or {}
    if request.status is RequestStatus.REFUSED:
        seen["refusal"] = {key: outcome[key] for key in ("code", "reason", "legal_basis") if outcome.get(key)}
    if request.status in (RequestStatus.COMPLETED, RequestStatus.REFUSED) and outcome.get("decided_at"):
        seen["decided_at"] = outcome["decided_at"]
    return seen


def _supplement(facts: list[Fact], request: Request | None) -> dict[str, Any] | None:
    """Return the latest supplement; for a request one of its own step goes before those that other agencies asked for."""
    given = [fact.data for fact in facts if fact.kind is FactKind.SUPPLEMENT]
    own = [data for data in given if request is not None and data.get("step") == request.step]
    latest = (own or given)[-1:]
    return dict(latest[0]) if latest else None
