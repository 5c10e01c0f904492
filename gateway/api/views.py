"""How records look outside: plain values, ready for JSON. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from gateway.application.derivation_words import kind_word, tell_all
from gateway.application.reads import DeskTask, DocumentRow, IncidentRow, LaneState
from gateway.application.ways_out import way_out
from gateway.domain.agency import Agency
from gateway.domain.attribution import Attribution, as_json
from gateway.domain.case import Case
from gateway.domain.case_file import Attempt, CaseFile, Disclosure
from gateway.domain.certificate import MEDIA_TYPE, Certificate
from gateway.domain.clock import Clock
from gateway.domain.events import PREFIX, Event
from gateway.domain.request import Request
from gateway.domain.request import RequestStatus as S
from gateway.domain.service import Service
from gateway.domain.term import term_to_json
from gateway.domain.term_rule import rule_on

_CASE = (
    *("id", "number", "service", "service_version", "office", "channel", "reference", "language", "territory", "status"),
    *("outcome", "version", "needs_attention", "due_at", "due_provisional", "withdrawing", "taken_at", "received_at"),
    *("decided_at", "closed_at"),
)
_REQUEST = (
    *("id", "step", "agency", "branch", "lane", "operation", "message_id", "status", "reference", "reason", "until"),
    *("created_at", "ready_at", "released_at", "sent_at", "finished_at", "next_at", "due_at", "attempts", "lookups"),
    *("supersedes", "outcome", "data", "pin"),
)
_CLOCK = (
    *("id", "kind", "step", "state", "started_at", "due_at", "provisional", "warn_at", "warned_at", "ended_at"),
    *("calendar", "calendar_version", "time_zone", "term", "escalate_at", "lapses_at", "events"),
    "closing",
)
_DECISION = ("outcome", "authority", "date_given", "date_recorded", "ground", "legal_basis", "appeal", "kind")
_INCIDENT = (
    *("id", "kind", "fingerprint", "state", "opened_at", "last_at", "count", "detail", "case_number", "agency", "lane"),
    *("closed_at", "closed_by", "close_reason"),
)


def _pick(record: object, fields: Iterable[str]) -> dict[str, Any]:
    return {field: getattr(record, field) for field in fields}


def case_brief(case: Case) -> dict[str, Any]:
    """Return a case as lists show it."""
    shown = _pick(case, _CASE)
    shown["waiting_on"] = [_pick(h, ("holder", "what", "since", "until")) for h in case.waiting_on]
    return shown


def case_view(file: CaseFile, service: Service | None, *, application: bool = False) -> dict[str, Any]:
    """Return a case with its steps, facts and decisions. ``service`` gives the steps their titles and order."""
    shown = case_brief(file.case)
    requests = list(file.live_requests())
    titles: dict[str, Mapping[str, str]] = {}
    if service is not None:
        titles = {step.id: step.title for step in service.steps}
        order = list(titles)
        requests.sort(key=lambda r: order.index(r.step) if r.step in titles else len(order))
    shown["steps"] = [_step(r, titles.get(r.step, {})) for r in requests]
    shown["asked"] = [{"step": r.step, "what": r.reason, "until": r.until} for r in requests if r.status is S.AWAITING_APPLICANT]
    shown["facts"] = [_pick(f, ("kind", "at", "recorded_at", "by", "data")) for f in file.facts]
    shown["decisions"] = [_pick(d, _DECISION) | {"documents": [dict(x) for x in d.documents]} for d in file.decisions]
    if application:
        shown["application"] = file.case.envelope
    shown["documents"] = list({d["digest"]: dict(d) for d in documents_of(file) if d.get("digest")}.values())
    return shown


def documents_of(file: CaseFile) -> Iterator[Mapping[str, Any]]:
    """Yield every document that the case knows of: application, supplements, agencies' answers, decisions."""
    yield from file.case.envelope.get("documents") or ()
    for fact in file.facts:
        yield from fact.data.get("documents") or ()
    for request in file.requests.values():
        yield from (request.outcome or {}).get("documents") or ()
    for decision in file.decisions:
        yield from decision.documents


def _step(request: Request, title: Mapping[str, str]) -> dict[str, Any]:
    shown = _pick(request, ("step", "agency", "status", "reason", "until"))
    return shown | {"request": request.id, "title": dict(title), "progress": request.data.get("progress")}


def request_view(request: Request, attempts: Iterable[Attempt]) -> dict[str, Any]:
    """Return a request with every try to deliver it."""
    shown = _pick(request, _REQUEST)
    fields = ("number", "work", "outcome", "detail", "released_at", "finished_at")
    shown["history"] = [_pick(a, fields) for a in attempts if a.request_id == request.id]
    return shown


def clock_view(clock: Clock, whose: Attribution | None, language: str) -> dict[str, Any]:
    """Return a clock with the derivation of its date, in data and in words, and whose the time was since it started.

    ``whose`` is ``None`` when it has not started.
    """
    shown = _pick(clock, _CLOCK) | {"explanation": tell_all(clock.explanation, language)}
    shown["name"] = kind_word(clock.kind, language)
    return shown | {"attribution": as_json(whose) if whose is not None else None}


def certificate_view(file: CaseFile, certificate: Certificate) -> dict[str, Any]:
    """Return what is known of a certificate."""
    fields = ("language", "digest", "issued_at", "issued_by", "check_value", "sequence")
    return {"case": file.case.id, "number": file.case.number, "media_type": MEDIA_TYPE, **_pick(certificate, fields)}


def disclosure_view(disclosure: Disclosure) -> dict[str, Any]:
    """Return what was given to whom."""
    return _pick(disclosure, ("agency", "branch", "fields", "at")) | {"request": disclosure.request_id}


def event_view(event: Event) -> dict[str, Any]:
    """Return an event as CloudEvents 1.0; ``sequence``, ``actor``, ``previous``, ``hash`` and ``salt`` are extensions."""
    return {
        "specversion": "1.0",
        "id": event.id,
        "source": "/darcha",
        "type": f"{PREFIX}{event.type}.v1",
        "subject": str(event.case_id),
        "time": event.time,
        "datacontenttype": "application/json",
        "sequence": event.seq,
        "actor": event.actor,
        "previous": event.prev,
        "hash": event.hash,
        "salt": event.salt,
        "data": event.payload,
    }


def document_view(document: DocumentRow) -> dict[str, Any]:
    """Return what is known of a document."""
    return _pick(document, ("id", "digest", "name", "media_type", "size", "kind", "origin", "created_at"))


def service_brief(service: Service) -> dict[str, Any]:
    """Return a service as lists show it."""
    return _pick(service, ("id", "version", "title", "channels", "roles"))


def service_view(service: Service, today: date) -> dict[str, Any]:
    """Return a service with all that a front office needs to draw its form, and the rules of applications of today."""
    shown = service_brief(service) | _pick(service, ("standard", "form", "labels"))
    term = service.term_on(today)
    shown["term"] = term_to_json(term) if term is not None else None
    shown["terms"] = [term_to_json(rule) for rule in (service.term, *service.later_terms) if rule is not None]
    shown["clocks"] = {kind: term_to_json(rule) for kind, all_ in service.clocks.items() if (rule := rule_on(all_, today))}
    shown["steps"] = [
        {"id": s.id, "title": s.title, "agency": s.agency, "needs": s.needs, "facts": s.facts, "after_decision": s.after_decision}
        for s in service.steps
    ]
    return shown


def agency_view(agency: Agency, people: bool, lanes: Mapping[str, LaneState]) -> dict[str, Any]:
    """Return an agency and the state of its lanes. Nothing of its credentials."""
    shown = _pick(agency, ("id", "title", "adapter", "endpoint"))
    shown |= {"people": people, "operations": list(agency.operations)}
    shown["callbacks"] = list(agency.callbacks.get("operations", {}))
    shown["branches"] = [{"code": b.code, "title": b.title, "territories": b.territories} for b in agency.branches]
    shown["lanes"] = [_lane(agency, lanes[name]) for name in agency.lanes if name in lanes]
    return shown


def _lane(agency: Agency, lane: LaneState) -> dict[str, Any]:
    fields = ("name", "paused", "paused_reason", "paused_by", "paused_at", "rests_until", "failures")
    shown = _pick(lane.row, fields) | _pick(lane, ("ready", "in_flight", "oldest_ready_at"))
    return shown | _pick(agency.policy_of(lane.row.name), ("concurrency", "rate_per_sec", "hours"))


def incident_view(incident: IncidentRow, language: str) -> dict[str, Any]:
    """Return an incident with the way out, in words of ``language``."""
    shown = _pick(incident, _INCIDENT) | {"case": incident.case_id, "request": incident.request_id}
    return shown | {"group": incident.group_key, "way_out": way_out_view(incident.kind, language)}


def way_out_view(kind: str, language: str) -> dict[str, Any]:
    """Return what can be done about incidents of a kind."""
    way = way_out(kind)
    return {"code": way.code, "text": way.text(language), "actions": way.actions}


def task_view(task: DeskTask) -> dict[str, Any]:
    """Return a task of an inbox."""
    fields = ("case_number", "agency", "branch", "operation", "status", "due_at", "since", "task")
    return _pick(task, fields) | {"request": task.request_id, "case": task.case_id}
